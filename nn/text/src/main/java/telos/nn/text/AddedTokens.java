package telos.nn.text;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Finds the literals of added tokens in a text, from left to right, of those that begin at one
/// place the longest.
final class AddedTokens {
  private final Map<Integer, AddedToken> byId = new HashMap<>();
  private final Trie trie;

  /// @param literals the text to look for, of each token
  AddedTokens(Map<AddedToken, String> literals) {
    trie = new Trie(literals.size());
    literals.forEach((token, literal) -> {
      if (!literal.isEmpty()) {
        trie.add(literal, token.id());
        byId.put(token.id(), token);
      }
    });
  }

  /// What is told of the parts of a text.
  interface Sections {
    /// A part without added tokens.
    void text(Aligned part);

    /// An added token, with the white space that it takes.
    void token(int id, Aligned part);
  }

  /// Who wrote a text: places in it, as in [Encoding].
  interface Written {
    /// All of it may spell special tokens.
    Written TRUSTED = (_, _) -> true;

    /// Whether a part may spell a special token.
    boolean trusted(int start, int end);
  }

  void find(Aligned text, Written written, Sections sections) {
    var raw = text.text();
    int done = 0;
    for (int at = 0; at < raw.length() && !byId.isEmpty(); ) {
      int end = trie.longest(raw, at);
      var token = end < 0 ? null : byId.get(trie.find(raw, at, end));
      if (token == null || token.special() && !written.trusted(text.start(at), text.end(end - 1))) {
        at++;
        continue;
      }
      if (at < done || token.singleWord() && insideWord(raw, at, end)) {
        at = end;
        continue;
      }
      int start = token.lstrip() ? spaceBefore(raw, at, done) : at;
      int stop = token.rstrip() ? spaceAfter(raw, end) : end;
      if (start > done) {
        sections.text(text.slice(done, start));
      }
      sections.token(token.id(), text.slice(start, stop));
      done = stop;
      at = end;
    }
    if (done < raw.length()) {
      sections.text(text.slice(done, raw.length()));
    }
  }

  private static boolean insideWord(String text, int start, int end) {
    return start > 0 && UnicodeClass.isWord(text.codePointBefore(start))
        || end < text.length() && UnicodeClass.isWord(text.codePointAt(end));
  }

  private static int spaceBefore(String text, int start, int least) {
    int at = start;
    while (at > least && UnicodeClass.isSpace(text.charAt(at - 1))) {
      at--;
    }
    return at;
  }

  private static int spaceAfter(String text, int end) {
    int at = end;
    while (at < text.length() && UnicodeClass.isSpace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /// No tokens, or all with their own literals.
  static AddedTokens of(List<AddedToken> tokens) {
    var literals = new HashMap<AddedToken, String>();
    tokens.forEach(token -> literals.put(token, token.content()));
    return new AddedTokens(literals);
  }
}
