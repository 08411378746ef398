package telos.cli;

import java.time.Duration;
import picocli.CommandLine.Option;
import telos.nn.serve.Limits;

/// How much a server takes on; what each means is told by [Limits].
final class LimitOptions {
  @Option(
      names = "--max-connections",
      defaultValue = "256",
      description = "Open exchanges (${DEFAULT-VALUE}).")
  private int connections;

  @Option(
      names = "--max-body",
      defaultValue = "1048576",
      description = "Bytes of a request (${DEFAULT-VALUE}).")
  private int body;

  @Option(
      names = "--max-messages",
      defaultValue = "1000",
      description = "Messages of a conversation (${DEFAULT-VALUE}).")
  private int messages;

  @Option(
      names = "--max-choices",
      defaultValue = "16",
      description = "Completions of a request (${DEFAULT-VALUE}).")
  private int choices;

  @Option(
      names = "--max-stops",
      defaultValue = "4",
      description = "Stop strings of a request (${DEFAULT-VALUE}).")
  private int stops;

  @Option(
      names = "--max-new-tokens",
      defaultValue = "4096",
      description = "Tokens of a completion (${DEFAULT-VALUE}).")
  private int newTokens;

  @Option(
      names = "--max-requests",
      defaultValue = "64",
      description = "Requests answered or waiting; more are told 429 (${DEFAULT-VALUE}).")
  private int requests;

  @Option(
      names = "--max-rows",
      defaultValue = "32",
      description = "Completions written side by side (${DEFAULT-VALUE}).")
  private int rows;

  @Option(
      names = "--max-cached-tokens",
      defaultValue = "65536",
      description = "Tokens those may reserve together (${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--prefill",
      defaultValue = "512",
      description = "Prompt tokens read between two steps (${DEFAULT-VALUE}).")
  private int prefill;

  @Option(
      names = "--header-seconds",
      defaultValue = "10",
      description = "For the head of a request (${DEFAULT-VALUE}).")
  private int header;

  @Option(
      names = "--body-seconds",
      defaultValue = "30",
      description = "For its body (${DEFAULT-VALUE}).")
  private int bodyTime;

  @Option(
      names = "--write-seconds",
      defaultValue = "30",
      description = "For a client to take a piece (${DEFAULT-VALUE}).")
  private int write;

  @Option(
      names = "--request-seconds",
      defaultValue = "600",
      description = "For an answer (${DEFAULT-VALUE}).")
  private int request;

  @Option(
      names = "--grace-seconds",
      defaultValue = "20",
      description = "For running answers when it stops (${DEFAULT-VALUE}).")
  private int grace;

  Limits limits() {
    return new Limits(
        connections,
        body,
        messages,
        choices,
        stops,
        newTokens,
        requests,
        rows,
        tokens,
        prefill,
        Duration.ofSeconds(header),
        Duration.ofSeconds(bodyTime),
        Duration.ofSeconds(write),
        Duration.ofSeconds(request),
        Duration.ofSeconds(grace));
  }
}
