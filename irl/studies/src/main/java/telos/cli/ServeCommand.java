package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.nn.serve.Access;
import telos.nn.serve.Limits;
import telos.nn.serve.ServedModel;
import telos.nn.serve.Server;

/// Serves a model until it is stopped.
@Command(
    name = "serve",
    description = {
      "Serves a language model over HTTP, as OpenAI's API does:",
      "/v1/chat/completions, /v1/completions, /v1/models, /health, /metrics,",
      "and a page to chat in at /."
    })
final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "A Hugging Face directory, or the run of 'train lm'.")
  private @Nullable Path model;

  @Option(
      names = "--name",
      description = "What clients call the model; the directory's name by default.")
  private @Nullable String name;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "The address to listen at (${DEFAULT-VALUE}: this machine only).")
  private String host = "";

  @Option(
      names = "--port",
      defaultValue = "8080",
      description = "The port; 0 for any (${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--allow-host",
      paramLabel = "NAME",
      description = "A name under which clients reach the server, besides its addresses.")
  private Set<String> hosts = Set.of();

  @Option(
      names = "--allow-origin",
      paramLabel = "ORIGIN",
      description = "Web pages that may use it, such as https://chat.example.")
  private Set<String> origins = Set.of();

  @Mixin private LimitOptions limits = new LimitOptions();

  @Override
  public Integer call() throws Exception {
    if (model == null) {
      throw new ParameterException(spec.commandLine(), "Which model? Give --model DIR");
    }
    Limits checked = limits();
    InetSocketAddress address = address();
    ServedModel served = served(model);
    PrintWriter out = spec.commandLine().getOut();
    try (Server server = start(served, address, checked)) {
      var hook = new Thread(server::close, "stop-server");
      Runtime.getRuntime().addShutdownHook(hook);
      out.printf(
          "Serving '%s' at http://%s:%d/ (Ctrl-C stops)%n",
          served.id(), shown(address), server.address().getPort());
      out.flush();
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        Runtime.getRuntime().removeShutdownHook(hook);
      }
    }
    return 0;
  }

  private ServedModel served(Path directory) throws IOException {
    TextModel loaded = TextModel.load(directory);
    return loaded.served(
        name == null ? String.valueOf(directory.toRealPath().getFileName()) : name);
  }

  private Limits limits() {
    try {
      return limits.limits();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private InetSocketAddress address() throws IOException {
    if (port < 0 || port > 65535) {
      throw new ParameterException(spec.commandLine(), "--port is from 0 to 65535");
    }
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw new IOException("There is no address '%s' to listen at".formatted(host), e);
    }
  }

  private Server start(ServedModel served, InetSocketAddress address, Limits checked)
      throws IOException {
    if (!address.getAddress().isLoopbackAddress()) {
      PrintWriter err = spec.commandLine().getErr();
      err.println("telos: everybody who reaches " + shown(address) + " can use this server.");
      err.flush();
    }
    try {
      return Server.start(served, address, checked, new Access(hosts, origins));
    } catch (BindException e) {
      throw new IOException(
          "Cannot listen at %s, port %d (%s); choose another --port"
              .formatted(shown(address), port, e.getMessage()),
          e);
    }
  }

  /// As a URL has it: version 6 in brackets.
  private static String shown(InetSocketAddress address) {
    String text = address.getAddress().getHostAddress();
    return text.contains(":") ? "[" + text + "]" : text;
  }
}
