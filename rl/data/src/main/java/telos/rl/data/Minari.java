package telos.rl.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.nn.format.JsonFields;
import telos.rl.environment.Space;
import telos.tensor.DType;
import telos.tensor.Tensor;

/// A dataset of Minari (Farama Foundation; dataset standards of version 0.5): the directory
/// `ROOT/ID/data` with `metadata.json` and the HDF5 file `main_data.hdf5`, which has a group
/// `episode_N` for each episode.
///
/// Integers become I32, unsigned bytes included; floats keep their width. Images are read both ways
/// in which they are stored, as arrays and, where `jpeg_encoding` says nothing else, as JPEG.
public final class Minari implements Episodes {
  static final String METADATA = "metadata.json";
  static final String MAIN = "main_data.hdf5";

  /// A metadata file of more bytes than this is none.
  private static final long MOST_METADATA = 256 << 20;

  private final Path directory;
  private final Header header;
  private final int count;
  private final long steps;
  private final Hdf5 file;

  private Minari(Path directory, Header header, JsonFields metadata, Hdf5 file)
      throws FormatException {
    this.directory = directory;
    this.header = header;
    this.count = metadata.number("total_episodes");
    this.steps = metadata.number("total_steps");
    this.file = file;
  }

  /// Where datasets are unless somebody says otherwise: the environment variable
  /// `MINARI_DATASETS_PATH`, or `~/.minari/datasets`.
  public static Path root() {
    String named = System.getenv("MINARI_DATASETS_PATH");
    return named == null
        ? Path.of(System.getProperty("user.home"), ".minari", "datasets")
        : Path.of(named);
  }

  /// Opens the dataset of this name below a root.
  ///
  /// @throws IllegalArgumentException when `id` is no name of a dataset
  /// @throws FormatException when there is none, or it is malformed
  public static Minari open(Path root, String id) throws IOException {
    return open(new MinariId(id).below(root));
  }

  /// Opens a dataset's directory, the one that holds `data`.
  public static Minari open(Path directory) throws IOException {
    Path data = directory.resolve("data");
    JsonFields metadata = metadata(data.resolve(METADATA));
    String format = metadata.text("data_format", "hdf5");
    if (!format.equals("hdf5")) {
      throw metadata.fault("the data are stored as %s; telos reads hdf5".formatted(format));
    }
    Header header = header(metadata);
    Hdf5 file = Hdf5.open(own(data.resolve(MAIN)));
    try {
      return new Minari(directory, header, metadata, file);
    } catch (FormatException e) {
      file.close();
      throw e;
    }
  }

  private static JsonFields metadata(Path file) throws IOException {
    if (Files.size(own(file)) > MOST_METADATA) {
      throw new FormatException("%s: is too large for what it is".formatted(file));
    }
    Json json = SpaceJson.lenient(file.toString(), Files.readAllBytes(file));
    JsonFields metadata = JsonFields.of(file.toString(), "the metadata", json);
    metadata.text("dataset_id");
    return metadata;
  }

  /// A file of the dataset, which lies in its directory and not behind a link.
  private static Path own(Path file) throws FormatException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FormatException(
          "%s: there is no such file, or it is a link: no Minari dataset is here".formatted(file));
    }
    return file;
  }

  private static Header header(JsonFields metadata) throws FormatException {
    var provenance = new LinkedHashMap<>(metadata.object().fields());
    provenance.remove("observation_space");
    provenance.remove("action_space");
    return new Header(
        space(metadata, "observation_space"),
        space(metadata, "action_space"),
        new Json.Obj(provenance));
  }

  private static Space<?> space(JsonFields metadata, String field) throws FormatException {
    return SpaceJson.read(metadata.file() + ", " + field, metadata.text(field));
  }

  @Override
  public Header header() {
    return header;
  }

  /// How many episodes there are.
  public int count() {
    return count;
  }

  /// How many steps they have together.
  public long steps() {
    return steps;
  }

  /// @throws FormatException also when the episodes do not have as many steps as the metadata say
  @Override
  public void forEach(Sink sink) throws IOException {
    long seen = 0;
    for (int i = 0; i < count; i++) {
      Episode episode = episode(i);
      seen += episode.length();
      sink.accept(episode);
    }
    if (seen != steps) {
      throw new FormatException(
          "%s: the episodes have %d steps, and total_steps is %d"
              .formatted(directory, seen, steps));
    }
  }

  /// The episode at a position, from 0.
  public Episode episode(int index) throws IOException {
    if (index < 0 || index >= count) {
      throw new IllegalArgumentException(
          "%s: there is no episode %d among %d".formatted(directory, index, count));
    }
    Hdf5Group group = file.root().group("episode_" + index);
    try {
      Episode episode = episode(group);
      header.require(episode);
      return numbered(group, index, episode);
    } catch (IllegalArgumentException e) {
      throw new FormatException(
          "%s: %s: %s"
              .formatted(directory.resolve("data").resolve(MAIN), group.place(), e.getMessage()),
          e);
    }
  }

  /// The episode without the attributes that count, which must be right.
  private Episode numbered(Hdf5Group group, int index, Episode episode) throws FormatException {
    var attributes = new LinkedHashMap<>(episode.attributes().fields());
    requireNumber(group, "id", attributes.remove("id"), index);
    requireNumber(group, "total_steps", attributes.remove("total_steps"), episode.length());
    return new Episode(
        episode.observations(),
        episode.actions(),
        episode.rewards(),
        episode.terminated(),
        episode.truncated(),
        episode.infos(),
        new Json.Obj(attributes));
  }

  private void requireNumber(Hdf5Group group, String name, @Nullable Json json, int value)
      throws FormatException {
    if (!Json.of(value).equals(json)) {
      String found = json == null ? "nothing" : json.text();
      throw file.fault(
          group.place(), "has the attribute %s %s instead of %d".formatted(name, found, value));
    }
  }

  private Episode episode(Hdf5Group group) throws FormatException {
    Tensor rewards = rewards(group.dataset("rewards"));
    int length = rewards.shape().size();
    return new Episode(
        column(group, "observations", header.observations()),
        column(group, "actions", header.actions()),
        rewards,
        endsWith(group.dataset("terminations"), length),
        endsWith(group.dataset("truncations"), length),
        group.has("infos") ? infos(group.group("infos")) : Column.Fields.NONE,
        group.attributes());
  }

  private static Tensor rewards(Hdf5Dataset dataset) throws FormatException {
    Tensor rewards = dataset.tensor();
    if (rewards.dtype() == DType.BOOL || rewards.dtype() == DType.I64) {
      throw dataset.fault("has elements that are no rewards: " + rewards.dtype());
    }
    return rewards.dtype().isFloat() ? rewards : rewards.cast(DType.F64);
  }

  /// The last flag; one that is set before the end would have ended the episode there.
  private static boolean endsWith(Hdf5Dataset dataset, int length) throws FormatException {
    boolean[] flags = dataset.requireDims(length).flags();
    for (int t = 0; t < length - 1; t++) {
      if (flags[t]) {
        throw dataset.fault(
            "is set at step %d, and the episode goes on for %d".formatted(t, length));
      }
    }
    return length > 0 && flags[length - 1];
  }

  private static Column column(Hdf5Group group, String name, Space<?> space)
      throws FormatException {
    return switch (space) {
      case Space.Dict(var parts) -> {
        Hdf5Group below = group.group(name);
        Map<String, Column> fields = new LinkedHashMap<>();
        for (var part : parts.entrySet()) {
          fields.put(part.getKey(), column(below, part.getKey(), part.getValue()));
        }
        yield new Column.Fields(fields);
      }
      case Space.Tuple(var spaces) -> {
        Hdf5Group below = group.group(name);
        List<Column> parts = new ArrayList<>();
        for (Space<?> part : spaces) {
          parts.add(column(below, "_index_" + parts.size(), part));
        }
        yield new Column.Parts(parts);
      }
      case Space.Text _ -> new Column.Texts(group.dataset(name).texts());
      case Space.MultiBinary(int n) -> {
        Hdf5Dataset dataset = group.dataset(name);
        int[] dims = dataset.dims();
        yield new Column.Numbers(
            Tensor.of(dataset.requireDims(dims.length == 2 ? dims[0] : 0, n).flags(), dims));
      }
      case Space.Box box -> {
        Hdf5Dataset dataset = group.dataset(name);
        yield new Column.Numbers(
            JpegFrames.are(dataset, box) ? JpegFrames.read(dataset, box) : dataset.tensor());
      }
      case Space.Discrete _, Space.MultiDiscrete _ ->
          new Column.Numbers(group.dataset(name).tensor());
    };
  }

  /// Whatever is there, by its own types.
  private static Column.Fields infos(Hdf5Group group) throws FormatException {
    Map<String, Column> fields = new LinkedHashMap<>();
    for (String name : group.names()) {
      if (group.isGroup(name)) {
        fields.put(name, infos(group.group(name)));
      } else {
        Hdf5Dataset dataset = group.dataset(name);
        fields.put(
            name,
            dataset.isText()
                ? new Column.Texts(dataset.texts())
                : new Column.Numbers(dataset.tensor()));
      }
    }
    return new Column.Fields(fields);
  }

  @Override
  public void close() {
    file.close();
  }
}
