package telos.study;

/// A judged claim.
///
/// @param reason why there can be no verdict; empty otherwise
public record Outcome(Claim claim, Interval interval, Verdict verdict, String reason) {}
