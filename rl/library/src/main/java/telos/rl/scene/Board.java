package telos.rl.scene;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Cells in rows and columns with pieces on them. As text, a cell is its letter, and a piece the
/// letter of its own on its colour.
///
/// @param rows one letter a cell, the top row first
/// @param inks the colours of letters; white for others
/// @param walls cells that have a wall on their right
/// @param pieces what stands on cells, later ones over earlier ones
public record Board(
    List<String> rows,
    Map<Character, Ink> inks,
    List<Cell> walls,
    List<Piece> pieces,
    double seconds)
    implements Scene {
  private static final double GAP = 0.03;
  private static final double WALL = 0.12;

  /// Counted from the top and from the left.
  public record Cell(int row, int column) {}

  /// @param letter it has in text
  /// @param size diameter, as part of the cell
  public record Piece(char letter, Cell cell, Ink ink, double size) {}

  public Board {
    rows = List.copyOf(rows);
    inks = Map.copyOf(inks);
    walls = List.copyOf(walls);
    pieces = List.copyOf(pieces);
    int columns = rows.isEmpty() ? 0 : rows.getFirst().length();
    if (columns == 0 || rows.stream().anyMatch(row -> row.length() != columns)) {
      throw new IllegalArgumentException("board: rows " + rows + " do not form a rectangle");
    }
  }

  @Override
  public BufferedImage image(int width) {
    return drawing().image(width);
  }

  /// Cells as squares, pieces as discs.
  private Drawing drawing() {
    List<Drawing.Mark> marks = new ArrayList<>();
    int columns = rows.getFirst().length();
    marks.add(Drawing.Area.rectangle(0, -rows.size(), columns, 0, Ink.GREY));
    for (int row = 0; row < rows.size(); row++) {
      for (int column = 0; column < columns; column++) {
        marks.add(
            Drawing.Area.rectangle(
                column + GAP,
                -row - 1 + GAP,
                column + 1 - GAP,
                -row - GAP,
                ink(rows.get(row).charAt(column))));
      }
    }
    for (Cell c : walls) {
      double x = c.column() + 1;
      marks.add(new Drawing.Line(x, -c.row() - 1, x, -c.row(), WALL, Ink.BLACK));
    }
    for (Piece p : pieces) {
      marks.add(
          new Drawing.Disc(p.cell().column() + 0.5, -p.cell().row() - 0.5, p.size() / 2, p.ink()));
    }
    return new Drawing(0, -rows.size(), columns, 0, marks, seconds);
  }

  private Ink ink(char letter) {
    return inks.getOrDefault(letter, Ink.WHITE);
  }

  @Override
  public String text() {
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < rows.size(); row++) {
      for (int column = 0; column < rows.get(row).length(); column++) {
        Cell cell = new Cell(row, column);
        text.append(letter(cell)).append(walls.contains(cell) ? '|' : ' ');
      }
      text.append('\n');
    }
    return text.toString();
  }

  private String letter(Cell cell) {
    String letter = String.valueOf(rows.get(cell.row()).charAt(cell.column()));
    for (Piece piece : pieces.reversed()) {
      if (piece.cell().equals(cell)) {
        return Ansi.background(piece.ink().colour().getRGB()) + piece.letter() + Ansi.PLAIN;
      }
    }
    return letter;
  }
}
