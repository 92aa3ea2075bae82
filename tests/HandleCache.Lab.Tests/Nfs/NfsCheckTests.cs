using HandleCache.Lab.Guests;
using HandleCache.Lab.Nfs;
using HandleCache.Linux;
using HandleCache.Server.Tap;
using Xunit;

namespace HandleCache.Lab.Tests.Nfs;

/// <summary>
/// What the client of an export compares, on a directory of this machine in place of a mount of
/// NFS: what holds, and what does not.
/// </summary>
public sealed class NfsCheckTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CheckLedger _ledger = new();

    public NfsCheckTests()
    {
        Assert.SkipWhen(
            Credentials.WhyNotOpenByHandle() is not null,
            Credentials.WhyNotOpenByHandle() ?? "");
    }

    [Fact]
    public void A_tree_that_nothing_befell_holds_and_every_way_to_it_is_compared()
    {
        using NfsTree tree = Tree();
        NfsChecks checks = new(tree, _ledger);
        checks.Living("one");
        checks.Living("two");
        Assert.All(_ledger.Results(), check => Assert.Equal(0, check.Mismatches));
        Assert.Equal(
            NfsChecks.All.Where(name => name != NfsChecks.Deleted).Order(),
            _ledger.Results().Where(check => check.Compared > 0).Select(check => check.Name)
                .Order());
    }

    [Fact]
    public void A_file_that_reads_as_another_is_another_object()
    {
        using NfsTree tree = Tree();
        string victim = _folder.In("d0/f3");
        File.WriteAllText(victim, File.ReadAllText(_folder.In("d0/f0")));
        new NfsChecks(tree, _ledger).Living("swapped");

        // By its handle, by its name, and from its directory.
        Assert.Equal(3, Of(NfsChecks.NeverAnother).Mismatches);
        Assert.Equal(1, Of(NfsChecks.Handles).Mismatches);
        Assert.Equal(1, Of(NfsChecks.FoundAgain).Mismatches);
        Assert.Equal(1, Of(NfsChecks.WorkingDirectories).Mismatches);
    }

    [Fact]
    public void A_name_that_leads_to_another_file_is_another_object_and_its_handle_is_stale()
    {
        using NfsTree tree = Tree();
        NfsFile file = tree.Directories[0].Files[3];
        string path = _folder.In(file.Path);
        File.Delete(path);
        File.WriteAllText(path, "another");
        new NfsChecks(tree, _ledger).Living("replaced");
        Assert.Equal(2, Of(NfsChecks.NeverAnother).Mismatches);
        Assert.Contains("ESTALE", Of(NfsChecks.Handles).FirstMismatch, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_there_is_not_gone()
    {
        using NfsTree tree = Tree();
        new NfsChecks(tree, _ledger).Gone(tree.Directories[0].Files[0], "there");
        Assert.Equal(1, Of(NfsChecks.Deleted).Mismatches);
    }

    [Fact]
    public void A_file_and_a_directory_that_are_gone_are_so_by_handle()
    {
        using NfsTree tree = Tree();
        NfsDirectory directory = tree.Directories[0];
        Directory.Delete(_folder.In(directory.Path), recursive: true);
        NfsChecks checks = new(tree, _ledger);
        checks.Gone(directory.Files[0], "deleted");
        checks.Gone(directory, "deleted");
        Assert.Equal(0, Of(NfsChecks.Deleted).Mismatches);
        Assert.Equal(3, Of(NfsChecks.Deleted).Compared);
    }

    [Fact]
    public void A_run_that_compared_nothing_has_not_passed() =>
        Assert.False(new NfsResult(_ledger.Results()).Holds);

    [Fact]
    public void It_runs_in_a_guest_alone_since_it_drops_caches()
    {
        Assert.Throws<BadInputException>(() => NfsExperiment.Run(
            new NfsOptions(), static _ => { }, TestContext.Current.CancellationToken));
        Assert.Contains(
            $" {NfsExperiment.GuestMark}=1\n", GuestJob.Init, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private NfsTree Tree()
    {
        NfsTree tree = new(_folder.Path, seed: 1);
        tree.Make(_folder.Path, _folder.Path, directories: 1, files: 4);
        return tree;
    }

    private CheckResult Of(string name) =>
        _ledger.Results().Single(check => check.Name == name);
}
