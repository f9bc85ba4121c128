package org.apache.hadoop.hive.ql.exec;

import java.util.ArrayList;
import java.util.List;
import org.apache.hive.com.esotericsoftware.kryo.Kryo;
import org.apache.hive.com.esotericsoftware.kryo.Serializer;
import org.apache.hive.com.esotericsoftware.kryo.io.Input;
import org.apache.hive.com.esotericsoftware.kryo.io.Output;

/**
 * Sends a part of a list as a list of its own. Hive 3's class of this name reaches for a field of {@code
 * ArrayList$SubList} that Java 9 renamed; this one stands before it on the class path.
 */
class SerializationUtilities$ArrayListSubListSerializer extends Serializer<List<?>> {

  @Override
  public void write(Kryo kryo, Output output, List<?> list) {
    kryo.writeObject(output, new ArrayList<>(list));
  }

  @Override
  public List<?> read(Kryo kryo, Input input, Class<List<?>> type) {
    return kryo.readObject(input, ArrayList.class);
  }

  @Override
  public List<?> copy(Kryo kryo, List<?> list) {
    return new ArrayList<>(list);
  }
}
