package telos.cli;

import picocli.CommandLine.Command;

/// Groups the kinds of training.
@Command(
    name = "train",
    description = "Trains a model.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = TrainLmCommand.class)
final class TrainCommand {}
