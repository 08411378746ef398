package telos.nn.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// The list of a checkpoint's files with what proves each whole.
///
/// @param step the checkpoint's step
/// @param files name to size and SHA-256
record Manifest(long step, Map<String, Proof> files) {
  static final String NAME = "manifest.json";
  private static final long FORMAT = 1;
  private static final long MAX_BYTES = 1 << 20;
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}");

  /// @param size bytes
  /// @param sha256 64 hexadecimal digits
  record Proof(long size, String sha256) {
    static Proof of(Path file) throws IOException {
      try (var in = Files.newInputStream(file)) {
        var digest = MessageDigest.getInstance("SHA-256");
        byte[] block = new byte[1 << 16];
        long size = 0;
        for (int n = in.read(block); n >= 0; n = in.read(block)) {
          digest.update(block, 0, n);
          size += n;
        }
        return new Proof(size, HexFormat.of().formatHex(digest.digest()));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }
  }

  static Manifest of(Path directory, long step, List<String> names) throws IOException {
    var files = new LinkedHashMap<String, Proof>();
    for (var name : names) {
      files.put(name, Proof.of(directory.resolve(name)));
    }
    return new Manifest(step, files);
  }

  String text() {
    var proofs = new LinkedHashMap<String, Object>();
    files.forEach((name, p) -> proofs.put(name, fields("size", p.size(), "sha256", p.sha256())));
    var all = fields("format", FORMAT, "step", step);
    all.put("files", proofs);
    return Json.of(all).text();
  }

  private static Map<String, Object> fields(String a, Object first, String b, Object second) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put(a, first);
    fields.put(b, second);
    return fields;
  }

  /// What is wrong with a checkpoint directory, in one sentence; empty if every file is there with
  /// the size and digest that its manifest states.
  static Optional<String> fault(Path directory) {
    try {
      var manifest = read(directory);
      if (!directory.getFileName().toString().equals("step-%08d".formatted(manifest.step()))) {
        return Optional.of("%s: its manifest is of step %d".formatted(directory, manifest.step()));
      }
      if (!manifest.files().containsKey("state.json")) {
        return Optional.of("%s: its manifest lists no state.json".formatted(directory));
      }
      for (var entry : manifest.files().entrySet()) {
        var file = directory.resolve(entry.getKey());
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          return Optional.of("%s: is missing".formatted(file));
        }
        if (Files.size(file) != entry.getValue().size()
            || !Proof.of(file).equals(entry.getValue())) {
          return Optional.of(
              "%s: does not match its size or digest in the manifest".formatted(file));
        }
      }
      return Optional.empty();
    } catch (FormatException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return Optional.of("%s: %s".formatted(directory, AtomicFiles.reason(e)));
    }
  }

  static Manifest read(Path directory) throws IOException {
    var file = directory.resolve(NAME);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FormatException("%s: is missing".formatted(file));
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new FormatException("%s: is larger than %d bytes".formatted(file, MAX_BYTES));
    }
    var json = Json.read(file.toString(), Files.readAllBytes(file));
    if (!(json instanceof Json.Obj all && all.at("files") instanceof Json.Obj(var listed))) {
      throw new FormatException("%s: has no object \"files\"".formatted(file));
    }
    long format = number(file, all, "format");
    if (format != FORMAT) {
      throw new FormatException(
          "%s: has format %d, this version reads %d".formatted(file, format, FORMAT));
    }
    var files = new LinkedHashMap<String, Proof>();
    for (var entry : listed.entrySet()) {
      files.put(plain(file, entry.getKey()), proof(file, entry.getKey(), entry.getValue()));
    }
    return new Manifest(number(file, all, "step"), files);
  }

  /// File names from a file stay inside its directory.
  private static String plain(Path file, String name) throws FormatException {
    if (!PLAIN.matcher(name).matches()) {
      throw new FormatException("%s: \"%s\" is not a plain file name".formatted(file, name));
    }
    return name;
  }

  private static Proof proof(Path file, String name, Json json) throws FormatException {
    if (json instanceof Json.Obj fields && fields.at("sha256") instanceof Json.Str(var digest)) {
      return new Proof(number(file, fields, "size"), digest);
    }
    throw new FormatException("%s: has no digest of \"%s\"".formatted(file, name));
  }

  private static long number(Path file, Json.Obj fields, String name) throws FormatException {
    if (fields.at(name) instanceof Json.Num(var digits) && digits.matches("\\d{1,18}")) {
      return Long.parseLong(digits);
    }
    throw new FormatException("%s: has no whole number \"%s\"".formatted(file, name));
  }
}
