package telos.nn.serve;

import java.util.List;

/// Rows that are written side by side. They join and leave between any two steps, and what a row
/// writes depends on its passage alone. Belongs to one thread.
interface Batch {
  /// A row more.
  ///
  /// @return its number, as [Written#row] has it
  int add(Passage passage);

  /// One token more of every row.
  List<Written> step();

  /// Ends a row and frees what it holds.
  void remove(int row);
}
