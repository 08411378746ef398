package telos.nn.text;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import telos.nn.format.FormatException;

/// How a conversation becomes the text, and the tokens, that a chat model was trained on: a Jinja
/// template as Hugging Face's `chat_template`, with `trim_blocks` and `lstrip_blocks`.
///
/// There are `for` (with `if`, `else`, `break`, `continue`, `loop`), `if`, `set`, `macro`,
/// `generation`, expressions with the usual operators, slices, filters, tests and the methods of
/// strings and dictionaries that change nothing, and the functions `raise_exception`, `range`,
/// `namespace`, `dict`, `strftime_now`. Anything else is refused by name, with line and column,
/// when the template is read (methods and functions: when they are called). A rendering has bounded
/// time and memory.
///
/// **Content never becomes a special token.** Each character of a rendering is known to come from
/// the template or from the conversation; a special token is one only if the template wrote all of
/// it. So a message that spells `<|im_end|>` closes no turn. Hugging Face's library encodes such a
/// message otherwise, and every other alike.
///
/// Immutable; any number of threads may use one.
public final class ChatTemplate {
  private static final String CHAT_ML =
      """
      {%- for message in messages %}
      {%- if loop.first and message.role != 'system' %}
      {{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}
      {%- endif %}
      {{- '<|im_start|>' + message.role + '\\n' }}
      {%- if message.role == 'assistant' %}
      {%- generation %}{{- message.content + '<|im_end|>' }}{%- endgeneration %}
      {%- else %}
      {{- message.content + '<|im_end|>' }}
      {%- endif %}
      {{- '\\n' }}
      {%- endfor %}
      {%- if add_generation_prompt %}
      {{- '<|im_start|>assistant\\n' }}
      {%- endif %}
      """;
  private static final String LLAMA_3 =
      """
      {{- '<|begin_of_text|>' }}
      {%- for message in messages %}
      {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' }}
      {%- if message.role == 'assistant' %}
      {%- generation %}{{- message.content | trim + '<|eot_id|>' }}{%- endgeneration %}
      {%- else %}
      {{- message.content | trim + '<|eot_id|>' }}
      {%- endif %}
      {%- endfor %}
      {%- if add_generation_prompt %}
      {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
      {%- endif %}
      """;
  private final TemplateSource source;
  private final List<TemplateNode> nodes;
  private final Map<String, String> tokens;
  private final Optional<TemplateClock> clock;

  private ChatTemplate(
      TemplateSource source,
      List<TemplateNode> nodes,
      Map<String, String> tokens,
      Optional<TemplateClock> clock) {
    this.source = source;
    this.nodes = nodes;
    this.tokens = Map.copyOf(tokens);
    this.clock = clock;
  }

  /// Reads a template.
  ///
  /// @throws TemplateException when it is malformed or uses what is not supported
  public static ChatTemplate parse(String template) {
    var source = TemplateSource.of(template);
    return new ChatTemplate(source, TemplateParser.parse(source), Map.of(), Optional.empty());
  }

  /// ChatML as Qwen2 has it, with its default system message.
  public static ChatTemplate chatMl() {
    return parse(CHAT_ML);
  }

  /// The format of Llama 3.
  public static ChatTemplate llama3() {
    return parse(LLAMA_3);
  }

  /// The template of a model directory, with the special tokens it may use: `chat_template.jinja`,
  /// or `chat_template` of `tokenizer_config.json` (of several, the one named `default`).
  ///
  /// @throws FormatException when there is none, or it is malformed or not supported
  public static ChatTemplate load(Path directory) throws IOException {
    return ChatTemplateReader.read(directory);
  }

  /// The template as it was written, but for the ends of its lines.
  public String template() {
    return source.text();
  }

  /// With special tokens that the template may use, by the names it has for them: `bos_token` ...
  public ChatTemplate withTokens(Map<String, String> others) {
    var all = new LinkedHashMap<>(tokens);
    all.putAll(others);
    return new ChatTemplate(source, nodes, all, clock);
  }

  /// With a clock for `strftime_now`; without one a template that asks the time is refused.
  public ChatTemplate withClock(Clock time) {
    return new ChatTemplate(source, nodes, tokens, Optional.of(new TemplateClock(time)));
  }

  /// The text of a conversation.
  ///
  /// @throws TemplateException when the template refuses it, or fails on it
  public String render(Chat chat) {
    return rendering(chat).chars();
  }

  /// The text with the origin of each character.
  TemplateText rendering(Chat chat) {
    var input = new ChatInput();
    var scope = input.scope(chat, tokens);
    var budget = new TemplateBudget(input.length());
    return new TemplateRenderer(source, budget, clock).render(nodes, scope);
  }

  /// The tokens of a conversation, and which of them the assistant says: those inside of `{%
  /// generation %}`, or else what each assistant message adds to the messages before it with the
  /// generation prompt, up to white space of the template at its end.
  ///
  /// @throws TemplateException when the template refuses the conversation, or fails on it
  /// @throws IllegalArgumentException when what the assistant says cannot be told, because the
  ///   template writes earlier messages differently later
  public EncodedChat encode(Chat chat, SubwordTokenizer tokenizer) {
    return encoded(ChatChecks.marked(this, chat), tokenizer);
  }

  /// The tokens of a conversation alone; this needs nothing of the template.
  public int[] ids(Chat chat, SubwordTokenizer tokenizer) {
    return encoded(rendering(chat), tokenizer).ids();
  }

  private static EncodedChat encoded(TemplateText text, SubwordTokenizer tokenizer) {
    var encoding =
        tokenizer.encoding(
            text.chars(), (start, end) -> !has(text, start, end, TemplateText.CONTENT));
    var assistant = new boolean[encoding.size()];
    for (int i = 0; i < assistant.length; i++) {
      assistant[i] = has(text, encoding.starts()[i], encoding.ends()[i], TemplateText.ASSISTANT);
    }
    return new EncodedChat(encoding.ids(), assistant);
  }

  /// Whether any character is of an origin.
  private static boolean has(TemplateText text, int start, int end, char origin) {
    for (int i = start; i < end; i++) {
      if ((text.origin().charAt(i) & origin) != 0) {
        return true;
      }
    }
    return false;
  }

  /// Whether the text of the first messages is a beginning of the text of more of them, for every
  /// beginning of this conversation that the template accepts; the sentence says where it is not. A
  /// template that preserves prefixes lets caches be kept from turn to turn.
  public Optional<String> prefixFault(Chat chat) {
    return ChatChecks.prefixFault(this, chat);
  }

  /// Whether what is trained of each assistant message ends in one of these tokens, without which a
  /// model never learns to stop; the sentence says where it does not.
  public Optional<String> stopFault(Chat chat, SubwordTokenizer tokenizer, int... stops) {
    return ChatChecks.stopFault(encode(chat, tokenizer), tokenizer, stops);
  }
}
