package org.apache.tez.runtime.api;

/** What Tez makes for each attempt of a task. */
public interface ProcessorContext { }
