package telos.nn.serve;

import com.sun.net.httpserver.Headers;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Who may ask. A page of another origin that a user of this machine looks at may not, unless its
/// origin is named; nor may one whose name was made to point here ("DNS rebinding"): the `Host` of
/// a request must be an address, `localhost` or a name that is known.
///
/// @param hosts names under which clients reach the server
/// @param origins origins of pages that may ask, such as `https://chat.example`
public record Access(Set<String> hosts, Set<String> origins) {
  /// Programs on any machine that reaches the server, and the server's own page; nobody else.
  public static final Access OWN = new Access(Set.of(), Set.of());

  private static final Pattern HOST =
      Pattern.compile("(\\[[0-9a-fA-F:.]+]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?");
  private static final Pattern ADDRESS = Pattern.compile("\\[.*]|[0-9]+(\\.[0-9]+){3}");

  /// Copies the sets; names in lower case.
  public Access {
    hosts =
        hosts.stream().map(h -> h.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
    origins = Set.copyOf(origins);
  }

  /// Lets a request pass.
  ///
  /// @return the origin of another site's page that may read the answer
  /// @throws ApiError with status 403 for who may not ask
  Optional<String> check(Headers headers) {
    String host = only(headers, "Host");
    if (host == null || !known(host)) {
      throw ApiError.forbidden(
          "The host '%s' is not one this server is known by; name it with --allow-host"
              .formatted(host));
    }
    if (!headers.containsKey("Origin")) {
      return Optional.empty();
    }
    String origin = only(headers, "Origin");
    if (origin != null && origins.contains(origin)) {
      return Optional.of(origin);
    }
    if (("http://" + host).equals(origin)) {
      return Optional.empty();
    }
    throw ApiError.forbidden(
        "Pages of the origin '%s' may not use this server; allow them with --allow-origin"
            .formatted(origin));
  }

  private static @Nullable String only(Headers headers, String name) {
    List<String> values = headers.getOrDefault(name, List.of());
    return values.size() == 1 ? values.getFirst() : null;
  }

  private boolean known(String host) {
    var matcher = HOST.matcher(host);
    if (!matcher.matches()) {
      return false;
    }
    String name = matcher.group(1).toLowerCase(Locale.ROOT);
    return name.equals("localhost") || ADDRESS.matcher(name).matches() || hosts.contains(name);
  }
}
