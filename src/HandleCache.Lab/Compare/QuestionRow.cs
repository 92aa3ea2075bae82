namespace HandleCache.Lab.Compare;

/// <summary>A requirement of the thread and what was found about it.</summary>
/// <param name="Id">T1 to T11 of PROPOSALS.md, section 7.</param>
/// <param name="Question">In a few words.</param>
/// <param name="Answer">In figures, or what was run and came out.</param>
/// <param name="How">"derived", "measured" or "not measured".</param>
public sealed record QuestionRow(string Id, string Question, string Answer, string How);
