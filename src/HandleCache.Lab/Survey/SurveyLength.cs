namespace HandleCache.Lab.Survey;

/// <summary>How many objects have a handle of this type and length.</summary>
/// <param name="Type">All 32 bits of handle_type.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Count">Objects.</param>
public sealed record SurveyLength(uint Type, int Bytes, long Count);
