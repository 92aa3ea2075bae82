using System.Runtime.CompilerServices;
using HandleCache.Model.Memory;
using Microsoft.Extensions.ObjectPool;

namespace HandleCache.Model.Handles;

/// <summary>
/// All buffers of one size. Pages come from an object pool and go back when their last slot does,
/// except for one empty page that is kept at hand. Tags never go backwards under a page number: a
/// new page starts above the tags of the one before, so an old reference stays dead.
/// </summary>
internal sealed class SpillClass : PooledObjectPolicy<SpillPage>
{
    private const int PagesRetained = 16;

    private readonly Stack<int> _freeNumbers = new();
    private DefaultObjectPool<SpillPage>? _pool;
    private SpillPage?[] _pages = [];

    /// <summary>Of each page, what a read goes by.</summary>
    private Place[] _places = [];
    private uint[] _floors = [];
    private int _numbers;
    private int _withRoom = SpillPage.NoPage;
    private int _emptyPages;

    internal SpillClass(int slotBytes)
    {
        SlotBytes = slotBytes;
    }

    /// <summary>The same buffers under the same references; the pool starts empty.</summary>
    internal SpillClass(SpillClass original, LinePool pool)
        : this(original.SlotBytes)
    {
        if (original._numbers == 0)
            return;
        _freeNumbers = new(original._freeNumbers.Reverse());
        _pages = Array.ConvertAll(
            original._pages, page => page is null ? null : new SpillPage(page, pool));
        _places = Array.ConvertAll(
            _pages, page => page is null ? default : new Place(page.First, page.Fresh));
        _floors = [.. original._floors];
        _numbers = original._numbers;
        _withRoom = original._withRoom;
        _emptyPages = original._emptyPages;
        Outstanding = original.Outstanding;
        PageCount = original.PageCount;
    }

    internal int SlotBytes { get; }

    /// <summary>Made when a page is: most classes of most copies never have one.</summary>
    private DefaultObjectPool<SpillPage> Pool => _pool ??= new(this, PagesRetained);

    /// <summary>Buffers taken and not given back.</summary>
    internal int Outstanding { get; private set; }

    internal int PageCount { get; private set; }

    /// <summary>
    /// Memory of the pages in use, in bytes; those resting in the object pool apart.
    /// </summary>
    internal long MemoryBytes => PageCount == 0 ? 0 : PageCount * FirstPage().MemoryBytes;

    public override SpillPage Create() => new(SlotBytes);

    public override bool Return(SpillPage obj) => obj.TryReset();

    internal Span<byte> Take(int sizeClass, out SpillReference reference)
    {
        int number = _withRoom;
        if (number == SpillPage.NoPage)
            number = AddPage();
        SpillPage page = _pages[number]!;
        if (page.Outstanding == 0)
            _emptyPages--;
        int slot = page.Take(out uint tag);
        _places[number].Fresh = page.Fresh;
        if (page.Room == 0)
            Unlink(page);
        Outstanding++;
        reference = new(sizeClass, number, slot, tag);
        return page.SlotAt(slot);
    }

    internal bool Give(SpillReference reference)
    {
        int number = reference.Page;
        if (number >= _numbers || _pages[number] is not { } page)
            return false;
        bool hadRoom = page.Room > 0;
        if (!page.Give(reference.Slot, reference.Tag))
            return false;
        Outstanding--;
        if (!hadRoom && page.Room > 0)
            Link(number, page);
        if (page.Outstanding == 0)
            KeepOrRelease(number, page);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRead(SpillReference reference, out ReadOnlySpan<byte> slot)
    {
        uint tag = reference.Tag;
        if (!TryLocate(reference, out nint first)
            || SpillPage.TagAt(first, reference.Slot) != tag || (tag & 1) == 0)
        {
            slot = default;
            return false;
        }

        slot = SpillPage.SlotAt(first, reference.Slot, SlotBytes);
        return true;
    }

    /// <summary>
    /// The first slot of the page, if the slot was ever taken; whether it still is its tag says.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLocate(SpillReference reference, out nint first)
    {
        int number = reference.Page;
        Place[] places = _places;
        Place place = (uint)number < (uint)places.Length ? places[number] : default;
        first = place.First;
        return reference.Slot < place.Fresh;
    }

    /// <summary>Gives the memory back; there are no buffers afterwards.</summary>
    internal void Recycle(LinePool pool)
    {
        foreach (SpillPage? page in _pages)
            page?.Recycle(pool);
        (_pages, _places, _floors) = ([], [], []);
        (_numbers, PageCount, _emptyPages, _withRoom) = (0, 0, 0, SpillPage.NoPage);
    }

    internal SpillPage FirstPage() => Array.Find(_pages, page => page is not null)!;

    /// <summary>Recounts pages, buffers and the list of pages with room.</summary>
    internal void Validate(ValidationErrors errors)
    {
        int pages = 0;
        int outstanding = 0;
        int empty = 0;
        int withRoom = 0;
        for (int i = 0; i < _numbers; i++)
        {
            if (_pages[i] is not { } page)
                continue;
            page.Validate(errors);
            pages++;
            outstanding += page.Outstanding;
            empty += page.Outstanding == 0 ? 1 : 0;
            withRoom += page.Room > 0 ? 1 : 0;
        }

        int listed = 0;
        for (int at = _withRoom; at != SpillPage.NoPage && listed <= pages; listed++)
            at = _pages[at]?.NextWithRoom ?? SpillPage.NoPage;
        errors.Equal("spill-class-pages", pages, PageCount);
        errors.Equal("spill-class-outstanding", outstanding, Outstanding);
        errors.Equal("spill-class-empty-pages", empty, _emptyPages);
        errors.Equal("spill-class-pages-with-room", listed, withRoom);
    }

    internal void CorruptOutstanding() => Outstanding++;

    private int AddPage()
    {
        if (!_freeNumbers.TryPop(out int number))
        {
            if (_numbers == SpillReference.MaxPages)
                throw new InvalidOperationException("a spill class has used all its page numbers");
            number = _numbers++;
            if (number == _pages.Length)
            {
                Array.Resize(ref _pages, Math.Max(8, 2 * number));
                Array.Resize(ref _floors, _pages.Length);
                Array.Resize(ref _places, _pages.Length);
            }
        }

        SpillPage page = Pool.Get();
        page.Begin(_floors[number]);
        _pages[number] = page;
        _places[number] = new(page.First, page.Fresh);
        PageCount++;
        _emptyPages++;
        Link(number, page);
        return number;
    }

    private void KeepOrRelease(int number, SpillPage page)
    {
        if (page.Room > 0 && _emptyPages == 0)
        {
            _emptyPages++;
            return;
        }

        if (page.Room > 0)
            Unlink(page);
        _pages[number] = null;
        _places[number] = default;
        PageCount--;
        _floors[number] = page.HighestTag;
        if (_floors[number] < SpillReference.MaxTag - 1)
            _freeNumbers.Push(number);
        Pool.Return(page);
    }

    private void Link(int number, SpillPage page)
    {
        page.PreviousWithRoom = SpillPage.NoPage;
        page.NextWithRoom = _withRoom;
        if (_withRoom != SpillPage.NoPage)
            _pages[_withRoom]!.PreviousWithRoom = number;
        _withRoom = number;
    }

    private void Unlink(SpillPage page)
    {
        if (page.PreviousWithRoom == SpillPage.NoPage)
            _withRoom = page.NextWithRoom;
        else
            _pages[page.PreviousWithRoom]!.NextWithRoom = page.NextWithRoom;
        if (page.NextWithRoom != SpillPage.NoPage)
            _pages[page.NextWithRoom]!.PreviousWithRoom = page.PreviousWithRoom;
        page.NextWithRoom = page.PreviousWithRoom = SpillPage.NoPage;
    }

    /// <summary>A page's first slot, and how many of its slots were ever taken.</summary>
    private struct Place(nint first, int fresh)
    {
        public readonly nint First = first;
        public int Fresh = fresh;
    }
}
