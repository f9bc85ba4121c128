package io.forebay.demo.hive;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** One JDBC session: each line of standard input is a statement, answered by one line with its rows or its error. */
public final class Session {

  private Session() {}

  public static void main(String[] arguments) throws IOException, SQLException {
    try (Connection connection = DriverManager.getConnection(arguments[0]);
        Statement statement = connection.createStatement();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      Answer.tell(new Answer().put("product", connection.getMetaData().getDatabaseProductVersion()));
      for (String sql = in.readLine(); sql != null; sql = in.readLine()) {
        Answer.tell(run(statement, sql));
      }
    }
  }

  private static Answer run(Statement statement, String sql) {
    long began = System.nanoTime();
    List<String> columns = new ArrayList<>();
    List<List<Object>> rows = new ArrayList<>();
    try {
      if (statement.execute(sql)) {
        collect(statement, columns, rows);
      }
    } catch (SQLException e) {
      return new Answer().put("error", e.getMessage());
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    return new Answer().put("seconds", seconds).put("columns", columns).put("rows", rows);
  }

  private static void collect(Statement statement, List<String> columns, List<List<Object>> rows) throws SQLException {
    try (ResultSet result = statement.getResultSet()) {
      ResultSetMetaData shape = result.getMetaData();
      for (int i = 1; i <= shape.getColumnCount(); i++) {
        columns.add(shape.getColumnLabel(i));
      }
      while (result.next()) {
        List<Object> row = new ArrayList<>();
        for (int i = 1; i <= columns.size(); i++) {
          row.add(result.getObject(i));
        }
        rows.add(row);
      }
    }
  }
}
