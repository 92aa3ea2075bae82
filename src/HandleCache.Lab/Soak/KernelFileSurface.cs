using HandleCache.Linux.Images;
using HandleCache.Protocol;

namespace HandleCache.Lab.Soak;

/// <summary>What <c>--btf</c> takes: damaged kernels, through a file as a user has them.</summary>
internal sealed class KernelFileSurface : HostileSurface
{
    private readonly DirectoryInfo _folder =
        Directory.CreateTempSubdirectory("handlecache-hostile-");

    private readonly IReadOnlyList<byte[]> _corpus = SmallKernel.Files();

    public override int RoundMessages => 300;

    public override void Run(SplitMix64 random, int messages, HostileTally tally)
    {
        for (int i = 0; i < messages; i++)
        {
            byte[] message = random.OneIn(8)
                ? [.. random.PickFrom(_corpus)]
                : HostileBytes.Make(random, _corpus);
            tally.Feed(message);
            tally.Took(Takes(message));
        }
    }

    public override bool? Take(byte[] message) => Takes(message);

    /// <summary>Good files.</summary>
    public IReadOnlyList<byte[]> Corpus => _corpus;

    private bool Takes(byte[] message)
    {
        string path = Path.Combine(_folder.FullName, "kernel");
        File.WriteAllBytes(path, message);
        return KernelFile.TryOpen(path, null, out _, out _);
    }

    protected override void End() => _folder.Delete(recursive: true);
}
