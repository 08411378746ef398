package telos.study;

/// The publication a study examines.
///
/// @param reference where to find it, e.g. `"arXiv 2410.12491, COLM 2025"`
public record Paper(String title, String authors, int year, String reference) {}
