package snapshot

// chunkSize is how many items a full chunk has.
const chunkSize = 1 << 15

// chunks is a list that grows without being copied as a whole: a million members must not be in memory twice.
type chunks[T any] struct {
	list [][]T
	n    int
}

// add appends an item to a list that is expected to reach this length.
func (c *chunks[T]) add(v T, expected int) {
	last := c.n / chunkSize
	if last == len(c.list) {
		c.list = append(c.list, make([]T, 0, max(1, min(chunkSize, expected-c.n))))
	}
	c.list[last] = append(c.list[last], v)
	c.n++
}

// at returns the item at an index.
func (c *chunks[T]) at(i int) *T { return &c.list[i/chunkSize][i%chunkSize] }

// shared returns a list with the same items; adding to it does not change this one.
func (c *chunks[T]) shared() chunks[T] {
	list := make([][]T, len(c.list))
	for i, chunk := range c.list {
		list[i] = chunk[:len(chunk):len(chunk)]
	}
	return chunks[T]{list, c.n}
}

// copied returns a copy.
func (c *chunks[T]) copied() chunks[T] {
	list := make([][]T, len(c.list))
	for i, chunk := range c.list {
		list[i] = append(make([]T, 0, len(chunk)), chunk...)
	}
	return chunks[T]{list, c.n}
}
