using System.Reflection;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using HandleCache.Server.Sessions;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Testing.Tests;

/// <summary>
/// What others build on does not change unseen: PublicSurface holds it as it was agreed on. A
/// change that is meant is written there by HANDLECACHE_ACCEPT=1, and stands in the review.
/// </summary>
public sealed class PublicSurfaceTests
{
    private const string Accept = "HANDLECACHE_ACCEPT";

    public static TheoryData<string> Assemblies() =>
        new(["HandleCache.Testing", "HandleCache.Server", "HandleCache.Model",
            "HandleCache.Protocol"]);

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void The_public_surface_of_a_package_is_the_one_agreed_on(string name)
    {
        string file = Path.Combine(
            SourceFolder.Root, "tests", "HandleCache.Testing.Tests", "PublicSurface",
            $"{name}.txt");
        string now = PublicSurface.Of(AssemblyOf(name));
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, now);
        string[] before = File.ReadAllLines(file);
        string[] after = now.TrimEnd('\n').Split('\n');
        string[] changes =
        [
            .. before.Except(after).Select(line => $"gone: {line.Trim()}"),
            .. after.Except(before).Select(line => $"new: {line.Trim()}"),
        ];
        Assert.True(
            before.SequenceEqual(after),
            $"{name} has changed; if that is meant, run this test with {Accept}=1\n"
            + string.Join("\n", changes));
    }

    private static Assembly AssemblyOf(string name) => name switch
    {
        "HandleCache.Protocol" => typeof(FileHandle).Assembly,
        "HandleCache.Model" => typeof(FuseInodeCache).Assembly,
        "HandleCache.Server" => typeof(FileSystem).Assembly,
        "HandleCache.Testing" => typeof(ModelMount).Assembly,
        _ => throw new ArgumentException(name),
    };
}
