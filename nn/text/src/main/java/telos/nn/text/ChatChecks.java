package telos.nn.text;

import java.util.Arrays;
import java.util.Optional;

/// What is asked of a template besides its text.
final class ChatChecks {
  private ChatChecks() {}

  static Optional<String> prefixFault(ChatTemplate template, Chat chat) {
    for (int count = 1; count < chat.messages().size(); count++) {
      var shorter = accepted(template, chat.first(count, false));
      var longer = accepted(template, chat.first(count + 1, false));
      if (shorter.isPresent() && longer.isPresent()) {
        var fault = fault(shorter.get(), longer.get(), count + 1);
        if (fault.isPresent()) {
          return fault;
        }
      }
    }
    return Optional.empty();
  }

  /// The text, unless the template refuses the messages (it may want roles to alternate).
  private static Optional<String> accepted(ChatTemplate template, Chat chat) {
    try {
      return Optional.of(template.render(chat));
    } catch (TemplateException e) {
      if (e.raised()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Optional<String> fault(String shorter, String longer, int count) {
    if (longer.startsWith(shorter)) {
      return Optional.empty();
    }
    int at = Math.max(0, Arrays.mismatch(shorter.toCharArray(), longer.toCharArray()));
    return Optional.of(
        "message %d changes the text of those before it: at character %d there was \"%s\", then \"%s\""
            .formatted(count, at, excerpt(shorter, at), excerpt(longer, at)));
  }

  private static String excerpt(String text, int at) {
    return text.substring(at, Math.min(text.length(), at + 20));
  }

  /// The rendering, with what the assistant says marked.
  static TemplateText marked(ChatTemplate template, Chat chat) {
    var text = template.rendering(chat);
    if (text.origin().chars().anyMatch(o -> (o & TemplateText.ASSISTANT) != 0)) {
      return text;
    }
    var origin = new StringBuilder(text.origin());
    for (int i = 0; i < chat.messages().size(); i++) {
      if (chat.role(i).equals("assistant")) {
        mark(template, chat, i, text, origin);
      }
    }
    return new TemplateText(text.chars(), origin.toString());
  }

  private static void mark(
      ChatTemplate template, Chat chat, int message, TemplateText text, StringBuilder origin) {
    var before = template.render(chat.first(message, true));
    var after = template.rendering(chat.first(message + 1, false));
    if (!after.chars().startsWith(before) || !text.chars().startsWith(after.chars())) {
      throw new IllegalArgumentException(
          "what message %d, the assistant's, adds to the text cannot be told, because the template writes earlier text differently then; mark it with {%% generation %%} in the template"
              .formatted(message + 1));
    }
    int end = after.length();
    while (end > before.length()
        && after.origin().charAt(end - 1) == 0
        && TemplateText.isSpace(after.chars().charAt(end - 1))) {
      end--;
    }
    for (int i = before.length(); i < end; i++) {
      origin.setCharAt(i, (char) (origin.charAt(i) | TemplateText.ASSISTANT));
    }
  }

  static Optional<String> stopFault(EncodedChat chat, SubwordTokenizer tokenizer, int... stops) {
    boolean any = false;
    for (int i = 0; i < chat.ids().length; i++) {
      boolean last =
          chat.assistant()[i] && (i + 1 == chat.ids().length || !chat.assistant()[i + 1]);
      any |= last;
      int id = chat.ids()[i];
      if (last && Arrays.stream(stops).noneMatch(stop -> stop == id)) {
        return Optional.of(
            "what is trained ends at token %d in \"%s\" (%d), which is none of the stop tokens %s"
                .formatted(i, tokenizer.token(id), id, Arrays.toString(stops)));
      }
    }
    return any
        ? Optional.empty()
        : Optional.of("nothing is trained: no token of the conversation is the assistant's");
  }
}
