using HandleCache.Lab.Designs;
using HandleCache.Lab.Guests;
using HandleCache.Lab.Nfs;
using HandleCache.Lab.Prove;
using HandleCache.Model.Designs;
using HandleCache.Server.Tap;
using Xunit;

namespace HandleCache.Lab.Tests.Prove;

/// <summary>What is asked of the kernel module, and what is made of its answers.</summary>
public sealed class ProveTests
{
    [Theory]
    [InlineData("thread", "")]
    [InlineData("thread-export", "")]
    [InlineData("thread-inline-only", "storage.placement")]
    [InlineData("classic", "negotiation.optIn")]
    [InlineData("v1", "identity.tooLong: cut")]
    [InlineData("v2", "identity.tooLong: locked")]
    [InlineData("v2", "handle.align")]
    [InlineData("v3", "framing")]
    [InlineData("fusex", "framing")]
    public void A_design_that_the_module_cannot_do_is_refused_by_its_fields(
        string name, string field)
    {
        IReadOnlyList<string> unspoken = ModuleDesign.Unspoken(DesignFiles.Load(name));
        if (field.Length == 0)
        {
            Assert.Empty(unspoken);
            return;
        }

        Assert.Contains(field, unspoken);
        BadInputException refused = Assert.Throws<BadInputException>(
            () => ModuleDesign.Require(DesignFiles.Load(name)));
        Assert.Contains(field, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "handle_form=4,4,128,1 handle_carried=1,2 handle_init=43,128,1 "
        + "handle_opcode=54")]
    [InlineData(
        """
        {
          "handle": { "size": "u16", "type": "folded", "array": 0, "align": 8 },
          "negotiation": { "optIn": "init-bit", "bit": 40, "lookupOpcode": 60 },
          "carried": { "by": "lookup-and-create", "as": "argument", "onRevalidation": false },
          "identity": { "absent": "refused", "compared": "after-overwrite", "longest": "refused" }
        }
        """,
        "handle_form=2,5,0,8 handle_carried=2,0 handle_init=40,124,0 handle_opcode=60 "
        + "handle_rules=overwritten-first,longest-refused-in-iget,revalidated-without-parent,"
        + "absent-refused")]
    [InlineData(
        """
        {
          "identity": { "absent": "stale" }, "attributes": "entry-validity",
          "carried": { "by": "none" }
        }
        """,
        "handle_form=4,4,128,1 handle_carried=0,2 handle_init=43,128,1 handle_opcode=54 "
        + "handle_rules=absent-stale,entry-validity")]
    [InlineData(
        """
        {
          "handle": { "array": 0, "align": 4 },
          "export": { "as": "nodeid-and-handle", "asksAnew": true }
        }
        """,
        "handle_form=4,4,0,4 handle_carried=1,2 handle_init=43,128,1 handle_opcode=54 "
        + "handle_export=1 handle_rules=asks-anew")]
    public void A_design_becomes_the_parameters_of_the_module(string text, string expected)
    {
        using TempFolder folder = new();
        string file = folder.In("mine.json");
        File.WriteAllText(file, text.Insert(1, "\"name\": \"mine\"" + (text == "{}" ? "" : ",")));
        Design design = DesignFiles.Load(file);
        Assert.Empty(ModuleDesign.Unspoken(design));
        Assert.Equal(expected, ModuleDesign.Parameters(design));
    }

    [Fact]
    public void A_line_of_debugfs_is_an_inode()
    {
        List<ListedInode> inodes = HandleListing.Parse(
            "41 1 0 1 - 0 -\n41 2 7 3 inline 196737 00ff10\n41 3 0 1 external,bad 129 abcd\n");
        Assert.Equal(
            [
                new ListedInode(1, 0, 1, "-", false, 0, "-"),
                new ListedInode(2, 7, 3, "inline", false, 0x30081, "00ff10"),
                new ListedInode(3, 0, 1, "external", true, 129, "abcd"),
            ],
            inodes);
        Assert.Throws<FormatException>(() => HandleListing.Parse("41 1 0 1 -"));
        Assert.Equal(12, HandleListing.Figure("slot 864\nbuffers 12\n", "buffers"));
        Assert.Throws<FormatException>(() => HandleListing.Figure("slot 864\n", "buffers"));
    }

    [Fact]
    public void What_a_guest_found_comes_back_with_what_was_left_in_it()
    {
        ProofRow found = new("order", "2", "3", false);
        Dictionary<string, GuestOutput> outputs = new()
        {
            ["prove-0"] = new GuestOutput(1, Proof.Write([found]), ""),
            ["unload-0"] = new GuestOutput(0, "", ""),
            ["log-0"] = new GuestOutput(0, "WARNING: a\nBUG: b\n", ""),
        };
        Assert.Equal(
            [
                found, new("left after rmmod", "nothing", "nothing", true),
                new("the kernel's own reports", "nothing", "WARNING: a; BUG: b", false),
            ],
            Proof.Read(outputs, 0));
    }

    [Fact]
    public void Each_fault_of_a_series_has_what_was_found_while_it_was_there()
    {
        ProofRow first = new("handles", "0", "0", true);
        ProofRow second = new("handles", "0", "36", false);
        Dictionary<string, GuestOutput> outputs = new()
        {
            ["prove-0"] = new GuestOutput(0, Proof.Write([first]), ""),
            ["log-0"] = new GuestOutput(0, "BUG: a\n", ""),
            ["unload-0"] = new GuestOutput(0, "", ""),
            ["prove-1"] = new GuestOutput(1, Proof.Write([second]), ""),
            ["unload-1"] = new GuestOutput(0, "", ""),
            ["log-1"] = new GuestOutput(0, "", ""),
        };
        Assert.Equal(
            [true, true, false], Proof.Read(outputs, 0).Select(row => row.Holds));
        Assert.Equal(
            [false, true, true], Proof.Read(outputs, 1).Select(row => row.Holds));
    }

    [Fact]
    public void A_check_of_NFS_is_a_row_and_one_that_compared_nothing_does_not_hold()
    {
        CheckLedger ledger = new();
        ledger.Hold(NfsChecks.Handles, 7);
        ledger.Fail(NfsChecks.Handles, "d0/f1: ESTALE");
        IReadOnlyList<ProofRow> rows = NfsProof.Rows(ledger.Results());
        Assert.Equal(
            new ProofRow(NfsChecks.Handles, "8", "7: d0/f1: ESTALE", false), rows[0]);
        Assert.Contains(new ProofRow(NfsChecks.NeverAnother, "some", "0", false), rows);
        Assert.DoesNotContain(rows, row => row.Name == NfsChecks.OpenFiles);
    }

    [Theory]
    [InlineData("", "handlecache: no module", "handlecache: no module")]
    [InlineData("half of", "broken", "broken")]
    public void A_guest_that_prints_no_rows_has_failed(string text, string error, string why)
    {
        ProofRow first = Proof.Read(new Dictionary<string, GuestOutput>
        {
            ["prove-0"] = new GuestOutput(3, text, error),
        }, 0)[0];
        Assert.Equal((why, false), (first.Measured, first.Holds));
        Assert.False(Assert.Single(Proof.Read(
            new Dictionary<string, GuestOutput>(), 0)).Holds);
    }

    [Theory]
    [InlineData(2003, true)]
    [InlineData(2005, true)]
    [InlineData(2002, false)]
    [InlineData(2006, false)]
    public void A_count_within_its_range_holds(long measured, bool holds) => Assert.Equal(
        holds, ProofRow.Between("slabs", 2003, 2005, measured).Holds);
}
