package telos.rl.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import telos.nn.format.AtomicFiles;
import telos.nn.format.Json;
import telos.rl.environment.Space;
import telos.tensor.Tensor;

/// Writes a dataset that [Minari] and the Python library of that name read. It appears under its
/// name when [#finish] is called, whole; closed before, it never existed.
///
/// Datasets in it are contiguous: other programs read them, and none appends to them.
public final class MinariWriter implements Episodes.Sink, AutoCloseable {
  /// The release of Minari whose dataset standards are followed.
  private static final String VERSION = "0.5.3";

  private final String id;
  private final Path target;

  /// The directories between the root and the dataset, which Minari knows by a file in each.
  private final List<Path> namespaces = new ArrayList<>();

  private final Path unfinished;
  private final Header header;
  private final Hdf5Writer file;
  private final Map<String, Long> groups = new LinkedHashMap<>();
  private long steps;

  /// Element types of the first episode, which all others must have, and the spaces as they are
  /// written with these; null before.
  private @Nullable String types;

  private Json observations;
  private Json actions;
  private boolean finished;

  private MinariWriter(String id, Path target, Path unfinished, Header header) throws IOException {
    this.id = id;
    this.target = target;
    this.unfinished = unfinished;
    this.header = header;
    this.file = new Hdf5Writer(unfinished.resolve("data").resolve(Minari.MAIN));
    this.observations = SpaceJson.write(header.observations(), null);
    this.actions = SpaceJson.write(header.actions(), null);
  }

  /// Begins a dataset below a root.
  ///
  /// @param id `namespace/environment/name-v0`
  /// @throws FileAlreadyExistsException when there is one of this name: give it another version
  public static MinariWriter create(Path root, String id, Header header) throws IOException {
    Path target = new MinariId(id).below(root).toAbsolutePath();
    if (Files.exists(target)) {
      throw new FileAlreadyExistsException(
          "%s: there is something of this name already; give the dataset another version"
              .formatted(target));
    }
    Path unfinished =
        target.resolveSibling(".%s.tmp-%s".formatted(target.getFileName(), UUID.randomUUID()));
    Files.createDirectories(unfinished.resolve("data"));
    var writer = new MinariWriter(id, target, unfinished, header);
    Path namespace = root;
    for (Path part : root.toAbsolutePath().relativize(target).normalize()) {
      namespace = namespace.resolve(part);
      writer.namespaces.add(namespace);
    }
    writer.namespaces.removeLast(); // the dataset itself
    return writer;
  }

  /// Writes the next episode.
  ///
  /// @throws IllegalArgumentException when it is not of the spaces of the header, or its numbers
  ///   are of other types than those of the episodes before
  @Override
  public void accept(Episode episode) throws IOException {
    header.require(episode);
    String own = types(episode.observations()) + types(episode.actions());
    if (types == null) {
      types = own;
      observations = SpaceJson.write(header.observations(), episode.observations());
      actions = SpaceJson.write(header.actions(), episode.actions());
    } else if (!own.equals(types)) {
      throw new IllegalArgumentException(
          "episode %d has the element types %s, those before have %s"
              .formatted(groups.size(), own, types));
    }
    groups.put("episode_" + groups.size(), group(episode));
    steps += episode.length();
  }

  private static String types(Column column) {
    return switch (column) {
      case Column.Numbers(Tensor values) -> values.dtype().toString();
      case Column.Texts _ -> "text";
      case Column.Parts(var parts) -> parts.stream().map(MinariWriter::types).toList().toString();
      case Column.Fields(var fields) -> {
        var types = new LinkedHashMap<String, String>();
        fields.forEach((name, field) -> types.put(name, types(field)));
        yield types.toString();
      }
    };
  }

  private long group(Episode episode) throws IOException {
    Map<String, Long> links = new LinkedHashMap<>();
    links.put("observations", column(episode.observations(), header.observations()));
    links.put("actions", column(episode.actions(), header.actions()));
    links.put("rewards", file.numbers(episode.rewards()));
    links.put("terminations", flag(episode.length(), episode.terminated()));
    links.put("truncations", flag(episode.length(), episode.truncated()));
    links.put("infos", column(episode.infos(), null));
    var attributes = new LinkedHashMap<>(episode.attributes().fields());
    attributes.put("id", Json.of(groups.size()));
    attributes.put("total_steps", Json.of(episode.length()));
    return file.group(links, new Json.Obj(attributes));
  }

  private long flag(int length, boolean last) throws IOException {
    boolean[] flags = new boolean[length];
    flags[length - 1] = last;
    return file.numbers(Tensor.of(flags));
  }

  /// @param space whose elements these are, null for what has no space
  private long column(Column column, @Nullable Space<?> space) throws IOException {
    return switch (column) {
      case Column.Texts(List<String> values) -> file.texts(values);
      case Column.Numbers(Tensor values) ->
          switch (space) {
            case Space.Discrete _, Space.MultiDiscrete _ -> file.longs(values);
            case Space.MultiBinary _ -> file.bits(values);
            case null, default -> file.numbers(values);
          };
      case Column.Parts(var parts) -> {
        Map<String, Long> links = new LinkedHashMap<>();
        for (int i = 0; i < parts.size(); i++) {
          Space<?> own = space instanceof Space.Tuple(var spaces) ? spaces.get(i) : null;
          links.put("_index_" + i, column(parts.get(i), own));
        }
        yield group(links);
      }
      case Column.Fields(var fields) -> {
        Map<String, Long> links = new LinkedHashMap<>();
        for (var field : new TreeMap<>(fields).entrySet()) {
          Space<?> own =
              space instanceof Space.Dict(var spaces) ? spaces.get(field.getKey()) : null;
          links.put(field.getKey(), column(field.getValue(), own));
        }
        yield group(links);
      }
    };
  }

  private long group(Map<String, Long> links) throws IOException {
    return file.group(links, new Json.Obj(Map.of()));
  }

  /// Completes the dataset and gives it its name.
  public void finish() throws IOException {
    file.finish(group(groups));
    file.close();
    Path data = unfinished.resolve("data");
    byte[] metadata = metadata(Files.size(data.resolve(Minari.MAIN)));
    AtomicFiles.write(data.resolve(Minari.METADATA), out -> out.write(metadata));
    Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
    finished = true;
    for (Path namespace : namespaces) {
      Path mark = namespace.resolve("namespace_metadata.json");
      if (!Files.exists(mark)) {
        AtomicFiles.write(mark, out -> out.write("{}".getBytes(StandardCharsets.UTF_8)));
      }
    }
  }

  private byte[] metadata(long bytes) {
    var fields = new LinkedHashMap<>(header.provenance().fields());
    fields.put("dataset_id", Json.of(id));
    fields.put("total_episodes", Json.of(groups.size()));
    fields.put("total_steps", Json.of(steps));
    fields.put("data_format", Json.of("hdf5"));
    fields.put("jpeg_encoding", Json.of(false));
    fields.put("observation_space", Json.of(observations.text()));
    fields.put("action_space", Json.of(actions.text()));
    fields.put("minari_version", Json.of(VERSION));
    fields.put("dataset_size", Json.of(Math.round(bytes / 1e5) / 10.0)); // MB
    return Json.of(fields).text().getBytes(StandardCharsets.UTF_8);
  }

  /// Drops what was not finished.
  @Override
  public void close() throws IOException {
    if (!finished) {
      file.close();
      Path data = unfinished.resolve("data");
      Files.deleteIfExists(data.resolve(Minari.MAIN));
      Files.deleteIfExists(data.resolve(Minari.METADATA));
      Files.deleteIfExists(data);
      Files.deleteIfExists(unfinished);
    }
  }
}
