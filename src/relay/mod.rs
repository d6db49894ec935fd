//! What joins the two halves of a wire: a thread of ours, or the kernel.
