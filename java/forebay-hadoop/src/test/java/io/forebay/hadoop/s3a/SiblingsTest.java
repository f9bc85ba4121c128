package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.Rights;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.impl.OpenFileParameters;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.spark.TaskContext;
import org.junit.After;
import org.junit.Test;

/** When a listing is asked for and what it may confirm; over a store whose listings can lie. */
public class SiblingsTest {

  private final Map<Path, S3AFileStatus> store = new TreeMap<>();
  private final Map<Path, S3AFileStatus> listing = new TreeMap<>();
  private final Requests requests = new Requests();
  private final Statuses statuses = statuses("task", true);

  private Statuses statuses(String mode, boolean trustsListings) {
    Configuration conf = new Configuration(false);
    conf.set("fs.forebay.freshness", mode);
    NextFiles next = new NextFiles(null, Path::getName);
    return new Statuses(requests, Freshness.of(conf, "b"), Rights.of(conf, "b"), trustsListings, next, null,
        new NextLooks(true));
  }

  @After
  public void endTask() {
    TaskContext.end();
  }

  private static Path path(String directory, int number) {
    return new Path("s3a://b/" + directory + "/part-" + (1000 + number));
  }

  private void put(String directory, int number, String etag) {
    Path path = path(directory, number);
    S3AFileStatus status = new S3AFileStatus(10, 1000, path, 1, "me", etag, null);
    store.put(path, status);
    listing.put(path, status);
  }

  private void put(String directory, int from, int to) {
    for (int number = from; number < to; number++) {
      put(directory, number, "etag" + number);
    }
  }

  private void task(Statuses by, String directory, int from, int to) throws IOException {
    TaskContext.begin();
    for (int number = from; number < to; number++) {
      by.status(path(directory, number));
      by.file(path(directory, number));
    }
  }

  private void expect(int heads, int lists) {
    assertEquals("HEADs", heads, requests.heads);
    assertEquals("LISTs", lists, requests.lists);
    requests.heads = 0;
    requests.lists = 0;
  }

  @Test
  public void the_next_task_on_a_crowded_directory_sends_one_listing() throws IOException {
    put("t", 0, 8);
    task(statuses, "t", 0, 8);
    expect(8, 0);
    task(statuses, "t", 0, 8);
    expect(1, 1);
    task(statuses, "t", 5, 8);
    expect(1, 1);
    for (int file = 0; file < 8; file++) {
      task(statuses, "t", file, file + 1);
    }
    expect(8, 0);
  }

  @Test
  public void tasks_of_fewer_files_and_callers_outside_of_tasks_never_list() throws IOException {
    put("t", 0, 8);
    for (int i = 0; i < 4; i++) {
      task(statuses, "t", 2 * i, 2 * i + 2);
    }
    expect(8, 0);
    TaskContext.end();
    for (int i = 0; i < 2; i++) {
      for (int number = 0; number < 8; number++) {
        statuses.status(path("t", number));
      }
      expect(8, 0);
    }
    task(statuses, "t", 0, 8);
    expect(3, 1);
  }

  @Test
  public void where_listings_are_not_trusted_or_every_open_asks_nothing_is_listed() throws IOException {
    put("t", 0, 8);
    Statuses untrusted = statuses("task", false);
    Statuses always = statuses("open", true);
    for (int i = 0; i < 2; i++) {
      task(untrusted, "t", 0, 8);
      expect(8, 0);
      task(always, "t", 0, 8);
      expect(16, 0);
    }
  }

  @Test
  public void a_listing_confirms_but_never_defines() throws IOException {
    put("t", 0, 8);
    task(statuses, "t", 0, 8);
    put("t", 3, "new");
    put("t", 8, 10);
    requests.heads = 0;
    task(statuses, "t", 0, 10);
    expect(4, 1);
    assertEquals("new", statuses.file(path("t", 3)).getEtag());
    store.remove(path("t", 0));
    listing.remove(path("t", 0));
    TaskContext.begin();
    assertThrows(FileNotFoundException.class, () -> statuses.status(path("t", 0)));
  }

  @Test
  public void a_listing_that_lags_behind_is_given_up_the_third_time() throws IOException {
    put("t", 0, 8);
    task(statuses, "t", 0, 8);
    listing.remove(path("t", 0));
    requests.heads = 0;
    for (int i = 0; i < 3; i++) {
      task(statuses, "t", 1, 2);
      statuses.status(path("t", 0));
      expect(2, 1);
    }
    task(statuses, "t", 0, 8);
    expect(8, 0);
  }

  @Test
  public void reads_that_fail_after_a_listing_speak_against_it() throws IOException {
    put("t", 0, 8);
    task(statuses, "t", 0, 8);
    for (int i = 0; i < 3; i++) {
      task(statuses, "t", 0, 8);
      statuses.doubt(path("t", 7), new FileNotFoundException("gone"));
      statuses.file(path("t", 7));
    }
    requests.heads = 0;
    requests.lists = 0;
    task(statuses, "t", 0, 8);
    expect(8, 0);
  }

  @Test
  public void a_denied_or_failing_listing_is_no_error() throws IOException {
    put("t", 0, 8);
    task(statuses, "t", 0, 8);
    requests.heads = 0;
    requests.failure = new IOException("no answer");
    task(statuses, "t", 0, 8);
    expect(8, 1);
    requests.failure = new SocketTimeoutException("no answer in time");
    task(statuses, "t", 0, 8);
    expect(8, 1);
    requests.failure = new AccessDeniedException("t");
    task(statuses, "t", 0, 8);
    expect(8, 1);
    task(statuses, "t", 0, 8);
    expect(8, 0);
  }

  @Test
  public void a_page_that_does_not_reach_the_files_is_not_asked_for_often() throws IOException {
    put("t", 0, 5000);
    for (int i = 0; i < 5; i++) {
      task(statuses, "t", 4000, 4008);
    }
    expect(40, 2);
    assertEquals("no second page", 0, requests.beyondPage);
  }

  private final class Requests implements StockS3A {
    private int heads;
    private int lists;
    private int beyondPage;
    private IOException failure;

    @Override
    public FileStatus status(Path path) throws IOException {
      heads++;
      S3AFileStatus found = store.get(path);
      if (found == null) {
        throw new FileNotFoundException(path.toString());
      }
      return found;
    }

    @Override
    public RemoteIterator<FileStatus> list(Path directory) throws IOException {
      lists++;
      if (failure != null) {
        throw failure;
      }
      List<FileStatus> inside = new ArrayList<>();
      listing.forEach((path, status) -> {
        if (path.getParent().equals(directory)) {
          inside.add(status);
        }
      });
      Iterator<FileStatus> all = inside.iterator();
      return new RemoteIterator<FileStatus>() {
        private int given;

        @Override
        public boolean hasNext() {
          beyondPage += given >= 1000 ? 1 : 0;
          return all.hasNext();
        }

        @Override
        public FileStatus next() {
          given++;
          return all.next();
        }
      };
    }

    @Override
    public CompletableFuture<FSDataInputStream> open(Path path, OpenFileParameters parameters) {
      throw new UnsupportedOperationException(path.toString());
    }
  }
}
