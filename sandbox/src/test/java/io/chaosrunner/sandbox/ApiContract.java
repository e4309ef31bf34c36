package io.chaosrunner.sandbox;

import org.junit.jupiter.api.Nested;

/**
 * Say what this program relies on in an API server.
 *
 * <p>Runs against the sandbox and against a real control plane without a kubelet; the Litmus CRDs
 * are installed. Whatever holds here for one must hold for the other. Every test has a namespace of
 * its own.
 */
public abstract class ApiContract {
    /** Return a client that may do everything. */
    protected abstract ApiClient api();

    @Nested
    class DryRuns extends ApiDryRunsContract {
        @Override
        protected ApiClient api() {
            return ApiContract.this.api();
        }
    }

    @Nested
    class Creating extends ApiCreatingContract {
        @Override
        protected ApiClient api() {
            return ApiContract.this.api();
        }
    }

    @Nested
    class Reading extends ApiReadingContract {
        @Override
        protected ApiClient api() {
            return ApiContract.this.api();
        }
    }

    @Nested
    class Replacing extends ApiReplacingContract {
        @Override
        protected ApiClient api() {
            return ApiContract.this.api();
        }
    }

    @Nested
    class MergePatching extends ApiMergePatchingContract {
        @Override
        protected ApiClient api() {
            return ApiContract.this.api();
        }
    }

    @Nested
    class JsonPatching extends ApiJsonPatchingContract {
        @Override
        protected ApiClient api() {
            return ApiContract.this.api();
        }
    }

    @Nested
    class Deleting extends ApiDeletingContract {
        @Override
        protected ApiClient api() {
            return ApiContract.this.api();
        }
    }

    @Nested
    class CollectingGarbage extends ApiCollectingGarbageContract {
        @Override
        protected ApiClient api() {
            return ApiContract.this.api();
        }
    }

    @Nested
    class Watching extends ApiWatchingContract {
        @Override
        protected ApiClient api() {
            return ApiContract.this.api();
        }
    }

    @Nested
    class RunningJobs extends ApiRunningJobsContract {
        @Override
        protected ApiClient api() {
            return ApiContract.this.api();
        }
    }
}
