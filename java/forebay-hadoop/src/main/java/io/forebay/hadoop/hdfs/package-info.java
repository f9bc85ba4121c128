/**
 * Forebay laid over HDFS: everything is HDFS's but the way the bytes of finished files are read. Only this package
 * names classes of hadoop-hdfs-client, so that the jar works where there are none.
 */
package io.forebay.hadoop.hdfs;
