package telos.nn.serve;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Pattern;

/// The page in which people try the model: one file, which loads nothing.
///
/// @param html the page
/// @param policy what a browser lets it do: run its own script, ask this server, nothing else
record Page(byte[] html, String policy) {
  /// How much of a text is written at first where nobody says more.
  private static final int MOST_TOKENS = 256;

  /// The page for a model: a conversation, or a text to go on with.
  static Page of(ServedModel model) {
    boolean chat = model.template().isPresent();
    int tokens = Math.clamp(model.context() / 2, 1, MOST_TOKENS);
    String html =
        resource()
            .replace("@MODEL@", escape(model.id()))
            .replace("@MODE@", chat ? "chat" : "text")
            .replace("@TOKENS@", chat ? "" : Integer.toString(tokens));
    String policy =
        "default-src 'none'; connect-src 'self'; script-src '%s'; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            .formatted(hash(html, "script"), hash(html, "style"));
    return new Page(html.getBytes(StandardCharsets.UTF_8), policy);
  }

  void send(Call call) throws IOException {
    call.header("Content-Security-Policy", policy);
    call.header("Referrer-Policy", "no-referrer");
    call.send(200, "text/html; charset=utf-8", html);
  }

  /// The digest by which a policy allows the one element of this name.
  private static String hash(String html, String element) {
    var matcher = Pattern.compile("(?s)<" + element + ">(.*?)</" + element + ">").matcher(html);
    if (!matcher.find()) {
      throw new IllegalStateException("the page has no " + element);
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(matcher.group(1).getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  private static String resource() {
    try (var in = Page.class.getResourceAsStream("page.html")) {
      if (in == null) {
        throw new IllegalStateException("the program was built without its page");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
