package dotenv

import (
	"bytes"
	"fmt"
	"testing"
)

// lines makes n lines of what is usual: bench/ has the comparison with others.
func lines(n int) []byte {
	var b []byte
	for i := range n {
		switch i % 5 {
		case 0:
			b = fmt.Appendf(b, "# part %d\n", i)
		case 1:
			b = fmt.Appendf(b, "DATABASE_URL_%d=postgres://app:s3cr3t@db.internal:5432/app?sslmode=require\n", i)
		case 2:
			b = fmt.Appendf(b, "API_KEY_%d='sk_live_51H8xYzAbCdEfGhIjKlMnOp' # of the test account\n", i)
		case 3:
			b = fmt.Appendf(b, "GREETING_%d=\"hello, \\\"world\\\"\"\n", i)
		case 4:
			b = fmt.Appendf(b, "export BASE_URL_%d=https://${HOST:-localhost}:8443/api\n", i)
		}
	}
	return b
}

func BenchmarkParse(b *testing.B) {
	megabyte := lines(30_000)[:1<<20]
	megabyte = megabyte[:bytes.LastIndexByte(megabyte, '\n')+1]
	for _, input := range []struct {
		name string
		src  []byte
	}{{"50 lines", lines(50)}, {"1 MB", megabyte}} {
		b.Run(input.name, func(b *testing.B) {
			b.SetBytes(int64(len(input.src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(".env", input.src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
