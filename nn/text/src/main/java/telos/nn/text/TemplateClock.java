package telos.nn.text;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import telos.nn.text.TemplateSource.Fault;

/// The time as `strftime` writes it, in English.
///
/// @param clock what time it is, and where
record TemplateClock(Clock clock) {
  String format(String pattern) {
    var now = ZonedDateTime.now(clock);
    var out = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c != '%') {
        out.append(c);
      } else if (++i < pattern.length()) {
        out.append(field(now, pattern.charAt(i)));
      } else {
        throw new Fault("the format of the time ends in %");
      }
    }
    return out.toString();
  }

  private static String field(ZonedDateTime now, char directive) {
    var java =
        switch (directive) {
          case 'd' -> "dd";
          case 'm' -> "MM";
          case 'b' -> "MMM";
          case 'B' -> "MMMM";
          case 'y' -> "yy";
          case 'Y' -> "yyyy";
          case 'a' -> "EEE";
          case 'A' -> "EEEE";
          case 'H' -> "HH";
          case 'I' -> "hh";
          case 'M' -> "mm";
          case 'S' -> "ss";
          case 'p' -> "a";
          case 'j' -> "DDD";
          case '%' -> "'%'";
          default ->
              throw new Fault("the format %%%s of a time is not supported".formatted(directive));
        };
    return DateTimeFormatter.ofPattern(java, Locale.US).format(now);
  }
}
