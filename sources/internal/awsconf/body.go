package awsconf

import (
	"context"
	"io"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// keepAnswers hides the WriteTo of a request's body. Once there is an answer
// the SDK closes the body, and from then on its WriteTo returns io.EOF, which
// net/http, looking whether the body is longer than announced, takes for a
// failure and drops the connection with the rest of the answer. It happens
// with servers that answer at once, as those on the same machine do.
func keepAnswers(stack *middleware.Stack) error {
	return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("asideKeepAnswers", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if request, ok := in.Request.(*smithyhttp.Request); ok {
			if body, ok := request.GetStream().(io.ReadSeeker); ok {
				if plain, err := request.SetStream(struct{ io.ReadSeeker }{body}); err == nil {
					in.Request = plain
				}
			}
		}
		return next.HandleFinalize(ctx, in)
	}), middleware.After)
}
