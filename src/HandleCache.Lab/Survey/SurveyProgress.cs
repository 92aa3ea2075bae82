namespace HandleCache.Lab.Survey;

/// <summary>How far a survey has come.</summary>
/// <param name="Objects">Counted so far.</param>
/// <param name="Expected">
/// Objects of the file systems that are walked, where they say; 0 where nobody knows. More than
/// the walk will find where a path is not the root of its file system.
/// </param>
public readonly record struct SurveyProgress(long Objects, long Expected);
