package telos.nn.text;

/// Two answers to one prompt, of which a person preferred one. The text of an answer follows its
/// prompt as it stands: a space between them belongs to the answer.
///
/// @param prompt what both answer, possibly empty
/// @param chosen the preferred answer
/// @param rejected the other
public record PreferencePair(String prompt, String chosen, String rejected) {
  static final String ASSISTANT = "\n\nAssistant:";

  /// The pair of two whole texts that share their prompt as a prefix. The prompt is the longest
  /// shared prefix, cut back to the end of the last `"\n\nAssistant:"` in it where there is one
  /// (dialogues), otherwise to before the last run of white space in it, so that no word is cut.
  public static PreferencePair of(String chosen, String rejected) {
    int shared = sharedPrefix(chosen, rejected);
    var prompt = chosen.substring(0, cut(chosen.substring(0, shared)));
    return new PreferencePair(
        prompt, chosen.substring(prompt.length()), rejected.substring(prompt.length()));
  }

  private static int sharedPrefix(String a, String b) {
    int most = Math.min(a.length(), b.length());
    for (int i = 0; i < most; i++) {
      if (a.charAt(i) != b.charAt(i)) {
        return i;
      }
    }
    return most;
  }

  private static int cut(String shared) {
    int marker = shared.lastIndexOf(ASSISTANT);
    if (marker >= 0) {
      return marker + ASSISTANT.length();
    }
    int end = shared.length();
    while (end > 0 && !Character.isWhitespace(shared.charAt(end - 1))) {
      end--;
    }
    while (end > 0 && Character.isWhitespace(shared.charAt(end - 1))) {
      end--;
    }
    return end;
  }
}
