package io.forebay.demo.hive;

import org.apache.hadoop.hive.conf.HiveConf;
import org.apache.hadoop.hive.metastore.ObjectStore;

/**
 * Makes the metastore's tables before Hive needs them. Left to itself it makes each when its class is first used, and
 * its direct SQL then meets tables that aren't there yet. Hive's own tests have them made at once, by this setting.
 */
public final class Schema {

  private Schema() {}

  public static void main(String[] arguments) {
    HiveConf conf = new HiveConf();
    conf.setBoolean("hive.in.test", true);
    ObjectStore store = new ObjectStore();
    store.setConf(conf);
    store.shutdown();
  }
}
