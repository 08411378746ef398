package telos.rl.environment;

import java.util.ArrayList;
import java.util.List;

/// Walls in the plane, drawn as text: `#` is a block of wall, `.` is free. Cells have side 1 and
/// the middle of the map is the origin, as in Gymnasium-Robotics; x grows to the right and y
/// upwards.
///
/// @param rows the upper one first, with wall all around
public record Maze(List<String> rows) {
  /// Gymnasium-Robotics' `U_MAZE`.
  public static final Maze U = new Maze(List.of("#####", "#...#", "###.#", "#...#", "#####"));

  /// Its `OPEN`.
  public static final Maze OPEN =
      new Maze(List.of("#######", "#.....#", "#.....#", "#.....#", "#######"));

  /// Its `MEDIUM_MAZE`.
  public static final Maze MEDIUM =
      new Maze(
          List.of(
              "########",
              "#..##..#",
              "#..#...#",
              "##...###",
              "#..#...#",
              "#.#..#.#",
              "#...#..#",
              "########"));

  /// Its `LARGE_MAZE`.
  public static final Maze LARGE =
      new Maze(
          List.of(
              "############",
              "#....#.....#",
              "#.##.#.#.#.#",
              "#......#...#",
              "#.####.###.#",
              "#..#.#.....#",
              "##.#.#.#.###",
              "#..#...#...#",
              "############"));

  /// A place in the plane.
  public record Point(double x, double y) {
    /// Euclid's.
    public double distance(Point other) {
      return StrictMath.hypot(x - other.x, y - other.y);
    }
  }

  public Maze {
    rows = List.copyOf(rows);
    int columns = rows.isEmpty() ? 0 : rows.getFirst().length();
    boolean closed =
        columns > 0
            && rows.stream().allMatch(row -> row.matches("#[#.]*#") && row.length() == columns)
            && rows.getFirst().matches("#*")
            && rows.getLast().matches("#*");
    if (!closed || String.join("", rows).chars().filter(c -> c == '.').count() < 2) {
      throw new IllegalArgumentException(
          "maze: " + rows + " is no rectangle of # and . with wall around two free cells");
    }
  }

  /// Half of its extent along x.
  double halfWidth() {
    return rows.getFirst().length() / 2.0;
  }

  /// Half of its extent along y.
  double halfHeight() {
    return rows.size() / 2.0;
  }

  /// Middles of the free cells, row by row.
  List<Point> free() {
    List<Point> free = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      for (int column = 0; column < rows.get(row).length(); column++) {
        if (rows.get(row).charAt(column) == '.') {
          free.add(new Point(column + 0.5 - halfWidth(), halfHeight() - row - 0.5));
        }
      }
    }
    return free;
  }

  /// Whether a cell is wall; all beyond the map is.
  boolean wall(int row, int column) {
    return row < 0
        || column < 0
        || row >= rows.size()
        || column >= rows.getFirst().length()
        || rows.get(row).charAt(column) == '#';
  }

  /// How far a place is from the nearest wall; 0 inside one. Exact up to a cell's side.
  public double clearance(double x, double y) {
    double least = 1;
    for (Block block : near(x, y)) {
      least = Math.min(least, StrictMath.hypot(x - block.nearestX(x), y - block.nearestY(y)));
    }
    return least;
  }

  /// The blocks of wall among the cell of a place and its eight neighbours.
  List<Block> near(double x, double y) {
    int row = (int) Math.floor(halfHeight() - y);
    int column = (int) Math.floor(x + halfWidth());
    List<Block> near = new ArrayList<>();
    for (int r = row - 1; r <= row + 1; r++) {
      for (int c = column - 1; c <= column + 1; c++) {
        if (wall(r, c)) {
          near.add(new Block(c - halfWidth(), halfHeight() - r - 1));
        }
      }
    }
    return near;
  }

  /// A cell of wall, of side 1.
  record Block(double left, double bottom) {
    double nearestX(double x) {
      return Math.clamp(x, left, left + 1);
    }

    double nearestY(double y) {
      return Math.clamp(y, bottom, bottom + 1);
    }
  }
}
