package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.HadoopGiven;
import org.apache.hadoop.conf.Configuration;
import org.junit.Test;

public class S3AEndpointTest {

  private static S3AEndpoint of(String endpoint, String region, boolean ssl) {
    Configuration conf = new Configuration(false);
    if (endpoint != null) {
      conf.set("fs.s3a.endpoint", endpoint);
    }
    if (region != null) {
      conf.set("fs.s3a.endpoint.region", region);
    }
    conf.setBoolean("fs.s3a.connection.ssl.enabled", ssl);
    return S3AEndpoint.of(new HadoopGiven(conf));
  }

  @Test
  public void urls_and_regions_are_what_s3a_makes_of_them() {
    String[][] rows = {
      // endpoint, region set, ssl -> url, region
      {null, null, "true", "", ""},
      {null, "eu-west-1", "true", "", "eu-west-1"},
      {"s3.amazonaws.com", null, "true", "", ""},
      {"s3.amazonaws.com", "us-east-2", "true", "", "us-east-2"},
      {"s3.eu-west-1.amazonaws.com", null, "true", "", "eu-west-1"},
      {"https://s3.eu-west-1.amazonaws.com/", null, "true", "", "eu-west-1"},
      {"s3-eu-west-1.amazonaws.com", null, "true", "https://s3-eu-west-1.amazonaws.com", "eu-west-1"},
      {"s3.us-gov-west-1.amazonaws.com", null, "true", "", "us-gov-west-1"},
      {"s3.cn-north-1.amazonaws.com.cn", null, "true", "", "cn-north-1"},
      {"s3.dualstack.eu-west-1.amazonaws.com", null, "true", "https://s3.dualstack.eu-west-1.amazonaws.com",
        "eu-west-1"},
      {"bucket.vpce-1a2b-3c.s3.us-east-1.vpce.amazonaws.com", null, "true",
        "https://bucket.vpce-1a2b-3c.s3.us-east-1.vpce.amazonaws.com", "us-east-1"},
      {"s3.eu-west-1.amazonaws.com", "eu-central-1", "true", "https://s3.eu-west-1.amazonaws.com", "eu-central-1"},
      {"s3.eu-west-1.amazonaws.com", null, "false", "http://s3.eu-west-1.amazonaws.com", "eu-west-1"},
      {"s3.new-kind-of-name.amazonaws.com", null, "true", "https://s3.new-kind-of-name.amazonaws.com", ""},
      {"minio.local:9000", null, "false", "http://minio.local:9000", "us-east-1"},
      {"minio.local:9000", null, "true", "https://minio.local:9000", "us-east-1"},
      {"http://127.0.0.1:8333", null, "true", "http://127.0.0.1:8333", "us-east-1"},
      {"HTTP://Store.Local:80/", "garage", "true", "http://store.local:80", "garage"},
      {"http://[::1]:9000", null, "true", "http://[::1]:9000", "us-east-1"},
    };
    for (String[] row : rows) {
      S3AEndpoint endpoint = of(row[0], row[1], Boolean.parseBoolean(row[2]));
      assertTrue(row[0], endpoint.isValid());
      assertEquals(row[0], row[3], endpoint.url());
      assertEquals(row[0], row[4], endpoint.region());
    }
  }

  @Test
  public void what_is_no_host_is_not_valid() {
    for (String endpoint : new String[] {"http://", "a b", "http://h/path", "http://u:p@h", "http://h?q=1"}) {
      assertFalse(endpoint, of(endpoint, "eu-west-1", true).isValid());
    }
  }

  @Test
  public void fips_is_aws_business() {
    assertTrue(of("s3-fips.us-east-1.amazonaws.com", null, true).isFips());
    assertFalse(of("fips.local:9000", null, true).isFips());
    assertTrue(of("https://store.local", null, false).isSecure());
    assertFalse(of("store.local", null, false).isSecure());
  }
}
