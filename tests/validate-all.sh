#!/bin/sh
# Every promise of every estimator, at full size: about a quarter of an hour.  SPDX-License-Identifier: GPL-3.0-or-later
set -u
"${VENTURI:?the program}" validate
