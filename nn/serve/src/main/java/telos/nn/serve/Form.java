package telos.nn.serve;

import java.util.List;
import telos.nn.format.Json;

/// One of the two shapes of OpenAI's answers.
interface Form {
  /// What the id of an answer begins with.
  String prefix();

  /// The `object` of a whole answer.
  String whole();

  /// The `object` of a piece of an answer.
  String chunk();

  /// A completed choice.
  ///
  /// @param all a piece that holds all of its text
  /// @param scored whether to tell how likely tokens were
  Json choice(Piece all, boolean scored);

  /// What a stream says of a choice before anything is written; may be nothing.
  List<Json> opening(int choice);

  /// What a stream says of a piece.
  List<Json> pieces(Piece piece, boolean scored);
}
