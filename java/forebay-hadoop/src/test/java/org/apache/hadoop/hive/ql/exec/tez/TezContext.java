package org.apache.hadoop.hive.ql.exec.tez;

import org.apache.hadoop.hive.ql.exec.MapredContext;
import org.apache.tez.runtime.api.ProcessorContext;

/** As much of Hive's class as Forebay looks for. */
public class TezContext extends MapredContext {

  private final ProcessorContext attempt;

  public TezContext(ProcessorContext attempt) {
    this.attempt = attempt;
  }

  public ProcessorContext getTezProcessorContext() {
    return attempt;
  }

  /** From here on the calling thread runs another task of Hive on Tez, as far as anybody can tell. */
  public static void begin() {
    bind(new TezContext(new ProcessorContext() { }));
  }
}
