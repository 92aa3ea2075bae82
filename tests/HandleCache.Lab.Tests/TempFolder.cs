using HandleCache.Lab.Workload;

namespace HandleCache.Lab.Tests;

/// <summary>A directory of its own for one test, removed after it.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hc-lab-").FullName;

    /// <summary>The path as workload requests have it.</summary>
    public string Root => BytePath.FromText(Path);

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>3 directories of 6 files each, a symlink, an empty directory.</summary>
    public TempFolder WithTree()
    {
        for (int d = 0; d < 3; d++)
        {
            Directory.CreateDirectory(In($"d{d}"));
            for (int f = 0; f < 6; f++)
                File.WriteAllBytes(In($"d{d}/f{f}"), new byte[f * 700]);
        }

        File.CreateSymbolicLink(In("link"), "d0/f1");
        Directory.CreateDirectory(In("empty"));
        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
