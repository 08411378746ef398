package telos.nn.format;

import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One run in TensorBoard's table of hyperparameters: the messages of its plugin `hparams`.
///
/// @param values text, truth values and numbers by name
/// @param metrics tags of curves
record HyperparameterSession(Map<String, ?> values, List<String> metrics) {
  private static final int STRING = 1;
  private static final int BOOL = 2;
  private static final int FLOAT64 = 3;

  HyperparameterSession {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    metrics = List.copyOf(metrics);
  }

  /// `Experiment{hparam_infos = 4{name = 1, type = 4}, metric_infos = 5{name = 1{tag = 2}}}`.
  Message experiment() {
    return out -> {
      for (var entry : values.entrySet()) {
        Message.nested(
            out,
            4,
            info -> {
              info.writeString(1, entry.getKey());
              info.writeEnum(4, type(entry.getKey(), entry.getValue()));
            });
      }
      for (var tag : metrics) {
        Message.nested(out, 5, info -> Message.nested(info, 1, name -> name.writeString(2, tag)));
      }
    };
  }

  /// `SessionStartInfo{hparams = 1{key = 1, value = 2}}`.
  Message start() {
    return out -> {
      for (var entry : values.entrySet()) {
        Message.nested(
            out,
            1,
            pair -> {
              pair.writeString(1, entry.getKey());
              Message.nested(pair, 2, value -> value(value, entry.getValue()));
            });
      }
    };
  }

  /// `SessionEndInfo{status = 1, end_time_secs = 2}` with status SUCCESS or FAILURE.
  static Message end(boolean success, double time) {
    return out -> {
      out.writeEnum(1, success ? 1 : 2);
      out.writeDouble(2, time);
    };
  }

  private static int type(String name, Object value) {
    return switch (value) {
      case CharSequence _ -> STRING;
      case Boolean _ -> BOOL;
      case Number _ -> FLOAT64;
      default ->
          throw new IllegalArgumentException(
              "hyperparameter %s is a %s; text, truth values and numbers fit"
                  .formatted(name, value.getClass().getSimpleName()));
    };
  }

  /// `google.protobuf.Value{number_value = 2, string_value = 3, bool_value = 4}`.
  private static void value(CodedOutputStream out, Object value) throws IOException {
    switch (value) {
      case Number number -> out.writeDouble(2, number.doubleValue());
      case Boolean truth -> out.writeBool(4, truth);
      default -> out.writeString(3, value.toString());
    }
  }
}
