package telos.rl.environment;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import telos.rl.scene.Board;
import telos.rl.scene.Board.Cell;
import telos.rl.scene.Board.Piece;
import telos.rl.scene.Ink;

/// How the processes on grids look.
final class GridScenes {
  private static final double SECONDS = 0.25;
  private static final Map<Character, Ink> LAKE =
      Map.of('F', Ink.ICE, 'S', Ink.LIGHT, 'H', Ink.BLUE, 'G', Ink.GREEN);
  private static final Map<Character, Ink> CLIFF = Map.of('C', Ink.BROWN, 'G', Ink.GREEN);
  private static final Map<Character, Ink> TOWN =
      Map.of('R', Ink.RED, 'G', Ink.GREEN, 'Y', Ink.YELLOW, 'B', Ink.BLUE);
  private static final Map<Character, Ink> WALLED =
      Map.of('#', Ink.BLACK, 'S', Ink.LIGHT, 'G', Ink.GREEN, 'P', Ink.RED);

  private static final Map<Character, Ink> BITS = Map.of('0', Ink.LIGHT, '1', Ink.BLUE);

  private GridScenes() {}

  /// The bits above, the goal below.
  ///
  /// @param both bits and goal, zeros and ones
  static Board bits(float[] both) {
    StringBuilder digits = new StringBuilder();
    for (float bit : both) {
      digits.append(bit == 0 ? '0' : '1');
    }
    int count = both.length / 2;
    List<String> map = List.of(digits.substring(0, count), digits.substring(count));
    return new Board(map, BITS, List.of(), List.of(), SECONDS);
  }

  static Board frozenLake(List<String> map, int state) {
    return walker(map, LAKE, cell(state, map.size()));
  }

  static Board cliff(int state) {
    String free = ".".repeat(12);
    List<String> map = List.of(free, free, free, "S" + "C".repeat(10) + "G");
    return walker(map, CLIFF, cell(state, 12));
  }

  static Board gridWorld(List<String> map, Cell cell) {
    return walker(map, WALLED, cell);
  }

  private static Board walker(List<String> map, Map<Character, Ink> inks, Cell cell) {
    Piece walker = new Piece('@', cell, Ink.ORANGE, 0.6);
    return new Board(map, inks, List.of(), List.of(walker), SECONDS);
  }

  /// The passenger is a small disc, over the taxi while inside.
  ///
  /// @param walls of each row, the columns that have a wall on their right
  static Board taxi(Grid grid, String[] walls, int taxi, int passenger, int goal) {
    List<Cell> rights = new ArrayList<>();
    for (int row = 0; row < grid.rows(); row++) {
      int at = row;
      walls[row].chars().forEach(c -> rights.add(new Cell(at, c - '0')));
    }
    int columns = grid.columns();
    List<Piece> pieces =
        List.of(
            new Piece('d', cell(goal, columns), Ink.PURPLE, 0.9),
            new Piece('T', cell(taxi, columns), Ink.ORANGE, 0.7),
            new Piece(taxi == passenger ? 'T' : 'p', cell(passenger, columns), Ink.BLACK, 0.3));
    return new Board(
        List.of("R...G", ".....", ".....", ".....", "Y..B."), TOWN, rights, pieces, SECONDS);
  }

  private static Cell cell(int number, int columns) {
    return new Cell(number / columns, number % columns);
  }
}
