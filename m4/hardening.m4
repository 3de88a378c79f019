# What makes an overrun buffer or a forged pointer end the program rather than serve whoever sent the file.
# Nothing here changes a result.  SPDX-License-Identifier: GPL-3.0-or-later

# VT_HARDEN_FLAG(VARIABLE, FLAG): FLAG into VARIABLE and VT_HARDENING where a program can be compiled and linked with it.
AC_DEFUN([VT_HARDEN_FLAG], [
	AC_MSG_CHECKING([whether $CC hardens with $2])
	vt_saved="$CFLAGS"; CFLAGS="$CFLAGS -Werror $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]], [[char word[64]; memset(word, 0, sizeof word); return word[1];]])],
		[AC_MSG_RESULT([yes]); $1="$$1 $2"; VT_HARDENING="$VT_HARDENING $2"], [AC_MSG_RESULT([no])])
	CFLAGS="$vt_saved"
])

# VT_HARDEN: for $enable_hardening.  Objects go into the program as well as into the library: libtool puts -fPIC after
# -fPIE where it makes a shared one.  Fortified calls need an optimiser, and are left alone where CFLAGS, CPPFLAGS or the
# compiler's own defaults set a level.
AC_DEFUN([VT_HARDEN], [
	VT_HARDENING=""
	AS_IF([test "x$enable_hardening" != xno], [
		VT_HARDEN_FLAG([VT_CFLAGS], [-fstack-protector-strong])
		VT_HARDEN_FLAG([VT_CFLAGS], [-fstack-clash-protection])
		VT_HARDEN_FLAG([VT_CFLAGS], [-fcf-protection])
		VT_HARDEN_FLAG([VT_LDFLAGS], [-Wl,-z,relro,-z,now,-z,noexecstack])
		AC_MSG_CHECKING([whether $CC compiles and links with -fPIE -pie])
		vt_saved="$CFLAGS"; CFLAGS="$CFLAGS -Werror -fPIE"
		vt_saved_ldflags="$LDFLAGS"; LDFLAGS="$LDFLAGS -pie"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [
			AC_MSG_RESULT([yes])
			VT_CFLAGS="$VT_CFLAGS -fPIE"
			VT_PROGRAM_LDFLAGS="-pie"
			VT_HARDENING="$VT_HARDENING -pie"], [AC_MSG_RESULT([no])])
		CFLAGS="$vt_saved"
		LDFLAGS="$vt_saved_ldflags"
		AC_MSG_CHECKING([whether calls can be fortified])
		AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#if !defined __OPTIMIZE__ || defined _FORTIFY_SOURCE
#error not here
#endif]])], [
			AC_MSG_RESULT([yes])
			VT_CPPFLAGS="$VT_CPPFLAGS -D_FORTIFY_SOURCE=2"
			VT_HARDENING="$VT_HARDENING -D_FORTIFY_SOURCE=2"], [AC_MSG_RESULT([no, or already])])
	])
	AC_SUBST([VT_HARDENING])
	AC_SUBST([VT_PROGRAM_LDFLAGS])
])
