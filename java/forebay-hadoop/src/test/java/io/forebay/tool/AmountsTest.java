package io.forebay.tool;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import org.junit.Test;

public class AmountsTest {

  @Test
  public void sizesAreReadAsTheConfigurationReadsThem() throws Exception {
    assertEquals(200L << 30, Amounts.size("200GB"));
    assertEquals(200L << 30, Amounts.size("200 GiB"));
    assertEquals(512L << 20, Amounts.size("512m"));
    assertEquals(1L << 40, Amounts.size("1T"));
    assertEquals(4096, Amounts.size("4096"));
    for (String bad : new String[] {"", "GB", "-1GB", "1.5GB", "1XB", "9999999999999GB", "99999999999999999999"}) {
      assertThrows(bad, UsageException.class, () -> Amounts.size(bad));
    }
  }

  @Test
  public void agesAreReadInTheirUnits() throws Exception {
    assertEquals(7 * 86400, Amounts.age("7d"));
    assertEquals(90 * 60, Amounts.age("90m"));
    for (String bad : new String[] {"", "7", "d", "7 weeks", "-7d", "99999999999999999d"}) {
      assertThrows(bad, UsageException.class, () -> Amounts.age(bad));
    }
  }

  @Test
  public void bytesAreSaidInTheUnitThatFits() {
    assertEquals("0 bytes", Amounts.bytes(0));
    assertEquals("1023 bytes", Amounts.bytes(1023));
    assertEquals("1.0 KiB", Amounts.bytes(1024));
    assertEquals("12.5 GiB", Amounts.bytes(25L << 29));
    assertEquals("1 cell", Amounts.count(1, "cell"));
    assertEquals("1,000 cells", Amounts.count(1000, "cell"));
  }
}
