package io.forebay.hadoop.hdfs;

import org.apache.hadoop.hdfs.protocol.ExtendedBlock;
import org.apache.hadoop.hdfs.protocol.LocatedBlock;
import org.apache.hadoop.hdfs.protocol.LocatedBlocks;

/**
 * The version of a finished file in HDFS: its length, and its last block's pool, id and generation stamp.
 *
 * <p>No two contents of a path share one. Blocks are written once, and neither ids nor stamps come back; appending
 * and truncating give the last block a new stamp or make another block the last; overwriting, and putting
 * another file in the place, bring other blocks. Modification times play no part: they are the user's to set.
 */
final class BlockVersion {

  private final String tag;
  private final long length;

  private BlockVersion(String tag, long length) {
    this.tag = tag;
    this.length = length;
  }

  /** The version that a NameNode's answer about a path tells, or null where it doesn't tell one that will last. */
  static BlockVersion of(LocatedBlocks blocks) {
    LocatedBlock last = blocks.getLastLocatedBlock();
    boolean isPlain = blocks.getFileEncryptionInfo() == null && blocks.getErasureCodingPolicy() == null;
    boolean isFinished = !blocks.isUnderConstruction() && blocks.isLastBlockComplete();
    if (!isPlain || !isFinished || last == null || blocks.getFileLength() == 0) {
      return null;
    }
    ExtendedBlock block = last.getBlock();
    String tag = block.getBlockPoolId() + "/" + block.getBlockId() + "/" + block.getGenerationStamp();
    return new BlockVersion(tag, blocks.getFileLength());
  }

  /** What stands for the version where others have ETags. */
  String tag() {
    return tag;
  }

  long length() {
    return length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BlockVersion && tag.equals(((BlockVersion) other).tag)
        && length == ((BlockVersion) other).length;
  }

  @Override
  public int hashCode() {
    return tag.hashCode();
  }

  @Override
  public String toString() {
    return tag + " of " + length + " bytes";
  }
}
