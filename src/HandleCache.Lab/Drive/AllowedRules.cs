using HandleCache.Server.Driving;

namespace HandleCache.Lab.Drive;

/// <summary>Names of rules that a user lets be broken.</summary>
internal static class AllowedRules
{
    /// <exception cref="BadInputException">No such rule, or none may go on after it.</exception>
    public static void Check(IReadOnlySet<string> names)
    {
        foreach (string name in names)
        {
            if (!DriveRule.Allowable.Any(rule => rule.Name == name))
            {
                throw new BadInputException(
                    $"--allow: '{name}'; known: "
                    + string.Join(", ", DriveRule.Allowable.Select(rule => rule.Name)));
            }
        }
    }
}
