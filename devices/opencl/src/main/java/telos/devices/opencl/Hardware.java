package telos.devices.opencl;

/// A device that OpenCL shows, and its limits.
///
/// @param processor whether it is the machine's own processor
/// @param units compute units
/// @param lanes floats of a vector register: 4, 8 or 16
/// @param memory bytes of memory
/// @param largestBuffer bytes of the largest buffer
/// @param localMemory bytes of memory that a work-group shares
/// @param largestGroup items of the largest work-group
/// @param parameterBytes bytes of all arguments of a kernel
/// @param doubles whether it has F64
/// @param roundsQuotients whether quotients and square roots in F32 can be correctly rounded
/// @param trouble why it cannot be used, or an empty string
public record Hardware(
    String name,
    String platform,
    String version,
    String driver,
    boolean processor,
    int units,
    int lanes,
    long memory,
    long largestBuffer,
    long localMemory,
    int largestGroup,
    int parameterBytes,
    boolean doubles,
    boolean roundsQuotients,
    String trouble) {
  /// One line for a person.
  public String description() {
    return "%s, %s, %d units, %d MiB (largest buffer %d MiB), %d KiB local, groups of %d%s%s"
        .formatted(
            name,
            version,
            units,
            memory >> 20,
            largestBuffer >> 20,
            localMemory >> 10,
            largestGroup,
            doubles ? ", F64" : ", no F64",
            trouble.isEmpty() ? "" : "; unusable: " + trouble);
  }
}
