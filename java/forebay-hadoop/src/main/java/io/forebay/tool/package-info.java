/**
 * The operator's tool: {@code java -jar forebay.jar}. Looks at the cache directories of this host, checks them, makes
 * room in them, and says whether a configuration would use them. Needs no Hadoop, and no job needs to be stopped.
 */
package io.forebay.tool;
