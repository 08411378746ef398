package telos.cli;

import picocli.CommandLine.Command;

/// Groups the formats that models are exported to.
@Command(
    name = "export",
    description = "Writes a model for other programs.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = ExportOnnxCommand.class)
final class ExportCommand {}
