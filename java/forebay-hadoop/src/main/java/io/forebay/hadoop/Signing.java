package io.forebay.hadoop;

/**
 * Keeps the credentials that the library's own client signs with fresh. Called on the thread that demands bytes, so
 * that user and context class loader are the reader's.
 */
public interface Signing {

  /** For stores whose requests the wrapped file system sends. */
  Signing NOT_OURS =
      new Signing() {
        @Override
        public void renewIfDue() {}

        @Override
        public boolean renewAfterDenial() {
          return false;
        }
      };

  /** Asks the provider again where the credentials at hand are near their end; cheap otherwise. */
  void renewIfDue();

  /** Asks the provider again because the store refused; says whether there is something new to try. */
  boolean renewAfterDenial();
}
