package awsconf

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// With its WriteTo, some requests to a server on the same machine lost their
// answers while the machine was busy.
func TestBodyHasNoWriteTo(t *testing.T) {
	request, err := smithyhttp.NewStackRequest().(*smithyhttp.Request).SetStream(strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	stack := middleware.NewStack("test", smithyhttp.NewStackRequest)
	if err := keepAnswers(stack); err != nil {
		t.Fatal(err)
	}
	handler := middleware.HandlerFunc(func(ctx context.Context, in any) (any, middleware.Metadata, error) {
		sent := in.(*smithyhttp.Request).Build(ctx)
		if _, ok := sent.Body.(io.WriterTo); ok {
			t.Error("the body has a WriteTo")
		}
		body, err := io.ReadAll(sent.Body)
		if err != nil || string(body) != "body" || sent.ContentLength != 4 {
			t.Errorf("sent %q, length %d, %v", body, sent.ContentLength, err)
		}
		return nil, middleware.Metadata{}, nil
	})
	if _, _, err := stack.Finalize.HandleMiddleware(t.Context(), request, handler); err != nil {
		t.Fatal(err)
	}
}
