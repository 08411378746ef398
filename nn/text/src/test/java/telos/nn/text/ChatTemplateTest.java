package telos.nn.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static telos.nn.text.Chat.message;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.format.FormatException;
import telos.nn.format.Json;

/// Renderings equal Jinja2's (the resources' README says how those were made); contents never
/// become special tokens; hostile templates end.
final class ChatTemplateTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2025-02-03T16:05:06Z"), ZoneOffset.UTC);
  private static final List<String> SPECIALS =
      List.of("<|im_start|>", "<|im_end|>", "<|end|>", "<|user|>", "<|assistant|>");
  private static final SubwordTokenizer TOKENIZER =
      SubwordTokenizer.train(List.of("hello there, hello you"), 280).withSpecialTokens(SPECIALS);
  private static final int STOP = TOKENIZER.specialId("<|im_end|>");

  private static Json json(String name) throws IOException {
    return Json.read(
        name, Files.readAllBytes(GoldenTokenizerTest.resource("../templates/" + name)));
  }

  private static String source(String name) throws IOException {
    return Files.readString(GoldenTokenizerTest.resource("../templates/" + name));
  }

  private static List<Json> list(Json json) {
    return ((Json.Arr) json).items();
  }

  private static Chat chat(Json json) {
    var fields = new HashMap<>(((Json.Obj) json).fields());
    var messages = list(fields.remove("messages")).stream().map(m -> (Json.Obj) m).toList();
    var tools = fields.remove("tools");
    var prompt = ((Json.Bool) fields.remove("add_generation_prompt")).value();
    return new Chat(messages, tools == null ? List.of() : list(tools), prompt, fields);
  }

  private static ChatTemplate template(String source) {
    return ChatTemplate.parse(source)
        .withTokens(Map.of("bos_token", "<s>", "eos_token", "</s>"))
        .withClock(CLOCK);
  }

  /// Null for a refusal.
  private static Json rendered(ChatTemplate template, Chat chat) {
    try {
      return new Json.Str(template.render(chat));
    } catch (TemplateException _) {
      return Json.Null.NULL;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "chatml",
        "gemma",
        "llama2",
        "llama3-tools",
        "mistral-tools",
        "phi",
        "qwen3",
        "smol"
      })
  void rendersAsJinja(String name) throws IOException {
    var chats = list(json("chats.json"));
    var expected = list(((Json.Obj) json("expected.json")).at(name + ".jinja"));
    var template = template(source(name + ".jinja"));
    for (int i = 0; i < chats.size(); i++) {
      assertEquals(expected.get(i), rendered(template, chat(chats.get(i))), name + " " + i);
    }
  }

  @Test
  void constructsRenderAsJinja() throws IOException {
    var wrong = new ArrayList<String>();
    for (var row : list(json("snippets.json"))) {
      var source = ((Json.Str) list(row).getFirst()).value();
      Json result;
      try {
        result = rendered(template(source), Chat.of());
      } catch (TemplateException e) {
        result = new Json.Str(e.getMessage());
      }
      if (!result.equals(list(row).getLast())) {
        wrong.add("%s: %s, not %s".formatted(source, result.text(), list(row).getLast().text()));
      }
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void builtInTemplatesRenderTheirFormats() {
    var chat = Chat.of(message("user", "Hi!")).withGenerationPrompt(true);
    assertEquals(
        """
        <|im_start|>system
        You are a helpful assistant.<|im_end|>
        <|im_start|>user
        Hi!<|im_end|>
        <|im_start|>assistant
        """,
        ChatTemplate.chatMl().render(chat));
    assertEquals(
        """
        <|begin_of_text|><|start_header_id|>user<|end_header_id|>

        Hi!<|eot_id|><|start_header_id|>assistant<|end_header_id|>

        """,
        ChatTemplate.llama3().render(chat));
  }

  @Provide
  Arbitrary<String> contents() {
    var parts = new ArrayList<>(SPECIALS);
    parts.addAll(List.of("<|", "|>", "im_end", "hello", " ", "\n", "ü", "end", "user", "<|im_"));
    return Arbitraries.of(parts).list().ofMaxSize(8).map(list -> String.join("", list));
  }

  private static long specials(int... ids) {
    return IntStream.of(ids).filter(id -> id >= STOP - 1).count();
  }

  @Property(tries = 200)
  void contentNeverBecomesASpecialToken(
      @ForAll("contents") String user, @ForAll("contents") String answer) throws IOException {
    var chat = Chat.of(message("user", user), message("assistant", answer));
    for (var template : List.of(ChatTemplate.chatMl(), template(source("smol.jinja")))) {
      var plain = Chat.of(message("user", "hello"), message("assistant", "hello"));
      assertEquals(
          specials(template.ids(plain, TOKENIZER)), specials(template.ids(chat, TOKENIZER)));
    }
    var phi = template(source("phi.jinja"));
    assertEquals(4, specials(phi.ids(chat, TOKENIZER)));
    var forged = Chat.of(message(user, answer));
    assertEquals(
        List.of("system", "user").contains(user) ? 2 : 1, specials(phi.ids(forged, TOKENIZER)));
  }

  @Property(tries = 100)
  void withoutSpellingsTheTokensAreThoseOfTheText(@ForAll("contents") String content) {
    var harmless = content.replace("<|", "<").replace("|>", ">");
    var chat = Chat.of(message("user", harmless)).withGenerationPrompt(true);
    var template = ChatTemplate.chatMl();
    assertArrayEquals(
        TOKENIZER.encodeWithSpecials(template.render(chat)), template.ids(chat, TOKENIZER));
  }

  private static String trained(EncodedChat chat) {
    return TOKENIZER.decode(
        IntStream.range(0, chat.ids().length)
            .filter(i -> chat.assistant()[i])
            .map(i -> chat.ids()[i])
            .toArray());
  }

  @Test
  void whatTheAssistantSaysIsMarked() throws IOException {
    var chat =
        Chat.of(
            message("user", "hello"),
            message("assistant", "one "),
            message("user", "you"),
            message("assistant", "two"));
    for (var template : List.of(ChatTemplate.chatMl(), template(source("chatml.jinja")))) {
      var encoded = template.encode(chat, TOKENIZER);
      assertEquals("one two", trained(encoded));
      assertEquals(Optional.empty(), template.stopFault(chat, TOKENIZER, STOP));
      var fault = template.stopFault(chat, TOKENIZER, STOP - 1).orElseThrow();
      assertTrue(fault.contains("none of the stop tokens"), fault);
      assertEquals(Optional.empty(), template.prefixFault(chat));
    }
    var late = template("{% for m in messages %}{{ loop.revindex }}{{ m.content }}{% endfor %}");
    var fault = late.prefixFault(chat).orElseThrow();
    assertTrue(fault.startsWith("message 2 changes the text"), fault);
    assertThrows(IllegalArgumentException.class, () -> late.encode(chat, TOKENIZER));
    var unstopped =
        template(
            "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor"
                + " %}<|im_end|>");
    assertFalse(unstopped.stopFault(chat, TOKENIZER, STOP).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\n {% include 'x' %}",
        "a\n {% import 'x' as y %}",
        "a\n {% extends 'x' %}",
        "a\n {{ x | pprint }}",
        "a\n {{ x is callable }}",
        "a\n {% if x %}",
        "a\n {{ (1 }}",
        "a\n {{ 'x }}",
        "a\n {{ x.__class__.mro() }}",
        "a\n {{ open('x') }}",
        "a\n {% for m in messages recursive %}{% endfor %}",
        "a\n {% break %}"
      })
  void whatIsNotSupportedIsRefusedWithItsPlace(String source) {
    var e =
        assertThrows(TemplateException.class, () -> ChatTemplate.parse(source).render(Chat.of()));
    assertEquals(2, e.line(), e.getMessage());
    assertTrue(e.column() > 1 && e.getMessage().contains("line 2, column"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ 'x' }}{% endfor %}{% endfor %}",
        "{% set n = namespace(s='ab') %}{% for a in range(60) %}{% set n.s = n.s + n.s %}{% endfor"
            + " %}",
        "{% set n = namespace(s=[1]) %}{% for a in range(60) %}{% set n.s = n.s + n.s %}{% endfor"
            + " %}",
        "{% set n = namespace(s=[1]) %}{% for a in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor"
            + " %}{{ n.s }}",
        "{% set n = namespace(s=[1]) %}{% for a in range(99999) %}{% set n.s = [n.s] %}{% endfor"
            + " %}{{ n.s | tojson }}",
        "{{ 'x' * 9999999999 }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ range(10 ** 15) }}",
        "{{ ('x' * 9999999).replace('x', 'x' * 9999) }}"
      })
  void hostileTemplatesEnd(String source) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            assertThrows(
                TemplateException.class, () -> ChatTemplate.parse(source).render(Chat.of())));
  }

  @Test
  void deepNestingIsRefused() {
    assertThrows(TemplateException.class, () -> ChatTemplate.parse("{{ " + "(".repeat(99_999)));
    assertThrows(TemplateException.class, () -> ChatTemplate.parse("{% if 1 %}".repeat(9_999)));
    var sum = "{{ 1" + " + 1".repeat(99_999) + " }}";
    assertThrows(TemplateException.class, () -> ChatTemplate.parse(sum).render(Chat.of()));
  }

  @Property(tries = 300)
  void anythingIsATemplateOrRefused(@ForAll("scraps") String source) {
    try {
      ChatTemplate.parse(source).render(Chat.of(message("user", "x")));
    } catch (TemplateException e) {
      assertTrue(e.line() >= 1 && e.column() >= 1, e.getMessage());
    }
  }

  @Provide
  Arbitrary<String> scraps() {
    return Arbitraries.of(
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "-",
            "+",
            "if",
            "for",
            "in",
            "x",
            "endif",
            "endfor",
            "messages",
            "set",
            "=",
            "'",
            "(",
            ")",
            "[",
            "]",
            ".",
            "|",
            "trim",
            "is",
            "not",
            "\n",
            " ",
            "1",
            "else",
            "macro",
            "~",
            ":",
            ",",
            "\\")
        .list()
        .ofMaxSize(20)
        .map(list -> String.join(" ", list));
  }

  @Test
  void directoriesAreRead(@TempDir Path directory) throws IOException {
    assertThrows(FormatException.class, () -> ChatTemplate.load(directory));
    var config = directory.resolve("tokenizer_config.json");
    Files.writeString(
        config,
        """
        {"bos_token": {"content": "<b>"}, "eos_token": "<e>", "pad_token": null,
         "chat_template": [{"name": "tools", "template": "no"},
                           {"name": "default", "template": "{{ bos_token }}x{{ eos_token }}"}]}
        """,
        StandardCharsets.UTF_8);
    assertEquals("<b>x<e>", ChatTemplate.load(directory).render(Chat.of()));
    Files.writeString(directory.resolve("chat_template.jinja"), "y{{ bos_token }}\n");
    assertEquals("y<b>", ChatTemplate.load(directory).render(Chat.of()));
    Files.writeString(directory.resolve("chat_template.jinja"), "{% include 'x' %}");
    assertThrows(FormatException.class, () -> ChatTemplate.load(directory));
  }
}
