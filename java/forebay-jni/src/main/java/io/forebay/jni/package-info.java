/**
 * The boundary to the native library: one class here for each {@code native_*.rs} there, with the same verbs in the
 * same order.
 *
 * <p>{@link io.forebay.jni.NativeLibrary#load} comes first, once per process and class loader. What is opened is named
 * by a handle, a number that is never used twice; a closed, foreign or invented one gives a
 * {@link io.forebay.jni.NativeException} of kind {@link io.forebay.jni.Kind#CLOSED}, never a crash. Every method may be
 * called from any thread. The library starts no Java thread and calls no Java code.
 */
package io.forebay.jni;
